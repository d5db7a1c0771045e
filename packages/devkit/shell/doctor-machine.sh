# Sourced by doctor: checks of the machine.

# Megabytes that are needed. `make up` was measured with 820 MB of disk, with the cache of uv on the same disk, and with
# 710 MB of memory; the packages for checks and tests add 280 MB of disk.
needed_disk=1500
needed_disk_installed=300
needed_memory=1000

check_python() {
  find_python
  if [ -z "$python" ]; then
    found=$(python3 --version 2>&1) || found=missing
    if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$found, without venv or ensurepip"; fi
    if [ "$installed" ]; then level=warning; else level=problem; fi
    report "$level" python "Python 3.11 or newer with venv was not found; python3 is $found." "$python_remedy"
  else
    report ok python "$("$python" --version 2>&1) ($(command -v "$python"))"
  fi
}

check_make() {
  found=$(make --version 2>/dev/null | head -n 1)
  case $found in
    "GNU Make "[0-2].* | "GNU Make 3."[0-7]* | "GNU Make 3.80"*) old=yes ;;
    "GNU Make "*) old= ;;
    *) old=yes ;;
  esac
  if [ "$old" ]; then
    report problem make "GNU Make 3.81 or newer is needed; found ${found:-none}." "apt install make # Debian and Ubuntu"
  else
    report ok make "$found"
  fi
}

check_system() {
  system=$(uname -s) machine=$(uname -m)
  case $system-$machine in
    Linux-x86_64 | Linux-aarch64 | Linux-arm64 | Darwin-arm64 | Darwin-x86_64)
      if [ "$system" = Linux ] && (ldd --version 2>&1 || true) | grep -qi musl; then
        report problem system "$system $machine with musl: Postgres has no package for it." \
          "Set PG_BIN to a folder with postgres and initdb, and REDIS_BIN to a valkey-server."
      else
        report ok system "$system $machine"
      fi ;;
    *) report problem system "$system $machine: Postgres and Valkey have no packages for it." \
      "Set PG_BIN to a folder with postgres and initdb, and REDIS_BIN to a valkey-server." ;;
  esac
}

check_memory() {
  if [ -r /proc/meminfo ]; then
    megabytes=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  else
    megabytes=$(($(sysctl -n hw.memsize 2>/dev/null || echo 0) / 1048576))
  fi
  if [ "${megabytes:-0}" = 0 ]; then
    report warning memory "The free memory could not be read; $needed_memory MB are needed." "Look at it with your system's tools."
  elif [ "$megabytes" -lt "$needed_memory" ] && [ -z "$stack" ]; then
    report warning memory "$megabytes MB of memory are free; the stack needs $needed_memory MB." \
      "ps -A -o rss= -o comm= | sort -rn | head # and close what you can"
  else
    report ok memory "$megabytes MB free"
  fi
}

check_disk() {
  free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
  need=$needed_disk
  [ "$installed" ] && need=$needed_disk_installed
  if [ -z "$free" ]; then
    report warning disk "The free space could not be read; $need MB are needed." "df -h ."
  elif [ "$free" -lt "$need" ]; then
    report problem disk "$free MB are free in this folder; $need MB are needed." "du -xhd 1 . ~ | sort -h # and delete what you can"
  elif ! [ -w . ]; then
    report problem folder "$root cannot be written." "Clone the repository into a folder of your own."
  else
    report ok disk "$free MB free; $need MB are needed"
  fi
}

# Text without user name and password of its URLs.
without_credentials() { sed 's#://[^/@ ]*@#://***@#g'; }

# The index of pip, which brings uv: environment, then configuration files.
pip_index() {
  if [ "${PIP_INDEX_URL:-}" ]; then echo "$PIP_INDEX_URL"; return; fi
  for file in "${PIP_CONFIG_FILE:-}" "${HOME:-/nonexistent}/.config/pip/pip.conf" "${HOME:-/nonexistent}/.pip/pip.conf" /etc/pip.conf; do
    [ "$file" ] && [ -r "$file" ] || continue
    index=$(sed -n 's/^[[:space:]]*index[-_]url[[:space:]]*[=:][[:space:]]*//p' "$file" | tail -n 1)
    if [ "$index" ]; then echo "$index"; return; fi
  done
  echo https://pypi.org/simple
}

# 0 when the URL answers at all, within four seconds; 2 when this machine has no program to try.
answers() {
  if command -v curl >/dev/null; then
    curl --silent --output /dev/null --head --max-time 4 "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --spider --timeout=4 --tries=1 "$1"
    case $? in 0 | 6 | 8) return 0 ;; *) return 1 ;; esac
  elif [ "$python" ]; then
    "$python" -c 'import sys, urllib.error, urllib.request
try: urllib.request.urlopen(sys.argv[1], timeout=4)
except urllib.error.HTTPError: pass
except Exception: sys.exit(1)' "$1"
  else
    return 2
  fi
}

check_index() {
  if [ "$installed" ] && [ "$fresh" ]; then
    report ok index "not needed: the packages are installed"
    return
  fi
  case ${UV_OFFLINE:-} in
    1 | true | yes) report ok index "not tried, as UV_OFFLINE is set: packages come from the cache of uv"; return ;;
  esac
  # uv takes the packages from the addresses in the lock file.
  addresses=$(sed -n 's#.*url = "\(https\{0,1\}://[^/"]*\)/.*#\1/#p' uv.lock 2>/dev/null | sort -u)
  [ "$uv" ] || addresses="$(pip_index)
$addresses"
  unreachable=
  for address in $addresses; do
    answers "$address"
    case $? in
      0) ;;
      2) report warning index "No program can try $(echo "$address" | without_credentials)." "Install curl."; return ;;
      *) unreachable="$unreachable $address" ;;
    esac
  done
  if [ "$unreachable" ]; then
    report problem index "No answer from$(echo "$unreachable" | without_credentials); packages cannot be installed." \
      "Check the connection and HTTPS_PROXY; name another index in PIP_INDEX_URL; or copy .venv and .tools from an equal machine."
  else
    report ok index "$(echo $addresses | without_credentials) answer"
  fi
}

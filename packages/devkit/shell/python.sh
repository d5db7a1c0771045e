# Sourced. find_python sets `python` to the first Python 3.11 or newer on PATH that can make an environment, or to nothing.
find_python() {
  python=
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$candidate
      return
    fi
  done
}

no_python="Python 3.11 or newer with venv is needed, but none was found (tried python3 and python3.11 to 3.14;"
python_remedy="apt install python3 python3-venv # Debian and Ubuntu"

# Sourced by doctor: prints one line for each check, or one JSON document.

begin_report() {
  colour=
  if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then colour=yes; fi
  warnings=0
  separator=
  [ "$json" ] && printf '{"version": 1, "checks": ['
}

# report LEVEL CHECK MESSAGE [REMEDY]; LEVEL is ok, warning or problem.
report() {
  case $1 in
    warning) warnings=$((warnings + 1)) shade=33 ;;
    problem) problems=$((problems + 1)) shade=31 ;;
    *) shade=32 ;;
  esac
  if [ "$json" ]; then
    printf '%s\n  {"level": %s, "check": %s, "message": %s, "remedy": %s}' "$separator" \
      "$(quoted "$1")" "$(quoted "$2")" "$(quoted "$3")" "$(if [ "${4:-}" ]; then quoted "$4"; else echo null; fi)"
    separator=,
    return
  fi
  level=$(printf '%-7s' "$1")
  [ "$colour" ] && level=$(printf '\033[%sm%s\033[0m' "$shade" "$level")
  printf '%s  %-12s %s%s\n' "$level" "$2" "$3" "${4:+  Remedy: $4}"
}

end_report() {
  if [ "$problems" != 0 ]; then status=problem; elif [ "$warnings" != 0 ]; then status=warning; else status=ok; fi
  if [ "$json" ]; then
    printf '\n], "status": "%s"}\n' "$status"
  else
    printf 'Problems: %s, warnings: %s.\n' "$problems" "$warnings"
  fi
}

# A JSON string; control characters become spaces.
quoted() {
  printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C tr '\000-\037' ' ' | sed 's/[\\"]/\\&/g')"
}

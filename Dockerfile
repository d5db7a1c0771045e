# syntax=docker/dockerfile:1
# Every server: --build-arg SERVICE=orders. The last stage is the image that serves. --target owner is for the owner of a
# database: it adds `migrate` and `seed`, with the migrations, the sample data and what only they import.
# `make image S=orders` builds both with the same digest for the same commit.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.8

FROM ${UV_IMAGE} AS uv

FROM ${PYTHON_IMAGE} AS sources
ARG SERVICE
ARG SOURCE_DATE_EPOCH=0
COPY --from=uv /uv /usr/local/bin/uv
# Bytecode records the hash of its source instead of its time. The image is read-only, so Python need not compare them.
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/app/.venv PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONHASHSEED=0
WORKDIR /src
COPY pyproject.toml uv.lock ./
COPY packages/servicekit packages/servicekit
COPY services/${SERVICE} services/${SERVICE}

# typer requires rich and what rich needs, and prints plain text without them, as the servers set it to.
FROM sources AS owner-build
# buildah and podman do not pass arguments on to a stage that is built on another.
ARG SERVICE
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --all-extras --no-editable --package mcp-fleet-${SERVICE} \
        --no-install-package rich --no-install-package markdown-it-py --no-install-package mdurl --no-install-package pygments \
    && ln -s ${SERVICE}-mcp /app/.venv/bin/server \
    # uv records when it built a package, which would change the digest of every build.
    && sed -i '/uv_cache.json/d' /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/RECORD \
    && rm /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/uv_cache.json

FROM sources AS build
ARG SERVICE
ARG SOURCE_DATE_EPOCH=0
# Every extra but `owner`, which only a server with a database has.
RUN --mount=type=cache,target=/root/.cache/uv if grep -q '^owner = ' "services/${SERVICE}/pyproject.toml"; then set -- --no-extra owner; fi \
    && uv sync --frozen --no-dev --all-extras "$@" --no-editable --package mcp-fleet-${SERVICE} \
        --no-install-package rich --no-install-package markdown-it-py --no-install-package mdurl --no-install-package pygments \
    && ln -s ${SERVICE}-mcp /app/.venv/bin/server \
    && rm -rf /app/.venv/lib/python3*/site-packages/servicekit/sample_data \
        /app/.venv/lib/python3*/site-packages/${SERVICE}_mcp/sample_data \
        /app/.venv/lib/python3*/site-packages/${SERVICE}_mcp/migrations \
        /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/uv_cache.json \
    && sed -i -E "/uv_cache.json|^(servicekit|${SERVICE}_mcp)\/(sample_data|migrations)\//d" \
        /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/RECORD \
    && mkdir /audit

FROM ${PYTHON_IMAGE} AS runtime
ARG SERVICE
ARG VERSION=0.0.0
ARG KIT_VERSION=0.0.0
ARG REVISION=unknown
ARG PYTHON_IMAGE
LABEL org.opencontainers.image.title="mcp-${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      org.opencontainers.image.licenses="MIT" \
      mcp-fleet.servicekit.version="${KIT_VERSION}"
# The audit trail of a server without a database: mount a volume here.
COPY --from=build --chown=10001:10001 /audit /var/lib/audit
# A numeric user without a name: it owns no file of the image. The root file system may be read-only; only /tmp is written.
USER 10001:10001
ENV SERVICE=${SERVICE} HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The defaults of charts; <NAME>_PORT and <NAME>_METRICS_PORT change them.
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/app/.venv/bin/python", "-S", "-c", "\
import http.client, os; port = os.environ.get(os.environ['SERVICE'].upper() + '_PORT', '8000'); \
http = http.client.HTTPConnection('127.0.0.1', int(port), timeout=2); http.request('GET', '/ready'); \
raise SystemExit(http.getresponse().status != 200)"]
ENTRYPOINT ["/app/.venv/bin/server"]
CMD ["serve"]

FROM runtime AS owner
COPY --from=owner-build /app /app

FROM runtime
COPY --from=build /app /app

# syntax=docker/dockerfile:1
# One for every server: --build-arg SERVICE=orders. `make image S=orders` builds it so that a commit always gives the same digest.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.8

FROM ${UV_IMAGE} AS uv

FROM ${PYTHON_IMAGE} AS build
ARG SERVICE
ARG SOURCE_DATE_EPOCH=0
COPY --from=uv /uv /usr/local/bin/uv
# Bytecode names the hash of its source, not its time; sources do not change in a read-only image, so nobody compares.
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/app/.venv PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONHASHSEED=0
WORKDIR /src
COPY pyproject.toml uv.lock ./
COPY packages/servicekit packages/servicekit
COPY services/${SERVICE} services/${SERVICE}
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --all-extras --no-editable --package mcp-fleet-${SERVICE} \
    && ln -s ${SERVICE}-mcp /app/.venv/bin/server \
    # uv notes when it built a package: of no use here, and another digest each time.
    && sed -i '/uv_cache.json/d' /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/RECORD \
    && rm /app/.venv/lib/python3*/site-packages/mcp_fleet_*.dist-info/uv_cache.json \
    && mkdir /audit

FROM ${PYTHON_IMAGE}
ARG SERVICE
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mcp-${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /app /app
# Where a server without a database keeps its audit trail: mount a volume here.
COPY --from=build --chown=10001:10001 /audit /var/lib/audit
# A number without a name: nothing in the image belongs to it. The root file system may be read-only; /tmp is all it writes to.
USER 10001:10001
ENV SERVICE=${SERVICE} HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By convention; <NAME>_PORT and <NAME>_METRICS_PORT say otherwise.
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/app/.venv/bin/python", "-S", "-c", "\
import http.client, os; port = os.environ.get(os.environ['SERVICE'].upper() + '_PORT', '8000'); \
http = http.client.HTTPConnection('127.0.0.1', int(port), timeout=2); http.request('GET', '/ready'); \
raise SystemExit(http.getresponse().status != 200)"]
ENTRYPOINT ["/app/.venv/bin/server"]
CMD ["serve"]

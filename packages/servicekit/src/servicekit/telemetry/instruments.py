"""Metric instruments of the kit: name, unit, description and attributes of each.

Names and buckets of `mcp.*` follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai); those of
`db.client.*`, `http.client.*` and `process.*` follow OpenTelemetry's general conventions. Attribute values come from
closed sets (registered names, outcomes, configured hosts), never from the caller, so the number of series is bounded.
"""

import time
from collections.abc import Iterable
from typing import Final, Protocol
from weakref import WeakSet

from opentelemetry.metrics import Observation

from servicekit.telemetry import declarations as declare
from servicekit.telemetry import process
from servicekit.telemetry.certificates import certificates
from servicekit.telemetry.declarations import INSTRUMENTS as INSTRUMENTS
from servicekit.telemetry.tenants import TenantCalls
from servicekit.telemetry.volumes import volumes


class ConnectionPool(Protocol):
    """A pool of database connections, as the gauges read it."""

    @property
    def name(self) -> str: ...

    @property
    def most(self) -> int:
        """The number of connections that it may open."""
        ...

    def connections(self) -> tuple[int, int]:
        """Numbers of idle and of used connections."""
        ...


open_pools: Final[WeakSet[ConnectionPool]] = WeakSet()


def _pool_connections() -> Iterable[Observation]:
    for pool in list(open_pools):
        idle, used = pool.connections()
        for state, count in (("idle", idle), ("used", used)):
            yield Observation(count, {"db.client.connection.pool.name": pool.name, "db.client.connection.state": state})


def _pool_sizes() -> Iterable[Observation]:
    for pool in list(open_pools):
        yield Observation(pool.most, {"db.client.connection.pool.name": pool.name})


class UpstreamQuota(Protocol):
    """The last known state of a quota of an upstream; `reset_at` is in seconds since the epoch."""

    @property
    def limit(self) -> float: ...

    @property
    def remaining(self) -> float: ...

    @property
    def reset_at(self) -> float: ...


upstream_quotas: Final[dict[tuple[str, str], UpstreamQuota]] = {}
"""Every known quota, by host and name."""


def _remaining_quota() -> Iterable[Observation]:
    """After its reset time a quota counts as full: without requests, no response would replace the last low value."""
    now = time.time()
    for (host, name), quota in list(upstream_quotas.items()):
        remaining = quota.remaining if now < quota.reset_at else quota.limit
        yield Observation(remaining, {"server.address": host, "quota": name})


def _granted_quota() -> Iterable[Observation]:
    for (host, name), quota in list(upstream_quotas.items()):
        yield Observation(quota.limit, {"server.address": host, "quota": name})


_OPERATION = (
    "mcp.method.name",
    "gen_ai.tool.name",
    "gen_ai.prompt.name",
    "mcp.resource.template",
    "mcp.completion.argument",
)
_POOL = "db.client.connection.pool.name"

operation_duration = declare.tallied_histogram(
    "mcp.server.operation.duration",
    "Duration of requests; error.type is the outcome of a failed one.",
    *_OPERATION,
    "error.type",
    "rpc.response.status_code",
)
calls_active = declare.level("mcp.server.calls.active", "{call}", "Running calls.")
calls_waiting = declare.up_down_counter("mcp.server.calls.waiting", "{call}", "Calls waiting for a concurrency slot.")
calls_shed = declare.counter("mcp.server.calls.shed", "{call}", "Calls refused because too many calls were waiting.")
subscriptions_open = declare.up_down_counter("mcp.server.subscriptions.open", "{stream}", "Open subscription streams.")
rate_limit_refused = declare.counter(
    "mcp.server.rate_limit.refused",
    "{call}",
    "Calls over a rate limit, by limit: server, caller, tool, address, or flood (far over the limit; HTTP 429).",
    "limit",
)
rate_limit_local_fallbacks = declare.counter(
    "mcp.server.rate_limit.local_fallbacks", "{decision}", "Rate limit decisions made without the shared store."
)
credentials_refused = declare.counter(
    "mcp.server.credentials.refused", "{request}", "Requests without a valid credential, by reason.", "reason"
)
scopes_refused = declare.counter(
    "mcp.server.scopes.refused", "{call}", "Calls refused because of their scope or the policy.", *_OPERATION
)
arguments_refused = declare.counter(
    "mcp.server.arguments.refused", "{call}", "Calls refused because their arguments break the schema.", *_OPERATION
)
writes_replayed = declare.counter(
    "mcp.server.writes.replayed", "{call}", "Repeated writes answered with the recorded reply.", *_OPERATION
)
confirmations = declare.counter(
    "mcp.server.confirmations",
    "{confirmation}",
    "Confirmations of destructive calls, by result: requested, confirmed or declined.",
    *_OPERATION,
    "result",
)
tenant_duration = declare.tallied_histogram(
    "mcp.server.tenant.call.duration", "Duration of calls by tenant, of those that METRICS_TENANTS names.", "tenant"
)
tenant_calls: Final = TenantCalls(tenant_duration)
declare.observable_counter(
    "mcp.server.tenant.calls",
    "{call}",
    "Calls by tenant and outcome, of the tenants that METRICS_TENANTS names; the others count as _OTHER.",
    tenant_calls.observe,
    "tenant",
    "error.type",
)
audit_lost = declare.counter(
    "mcp.server.audit.lost", "{entry}", "Audit entries of read calls that could not be written."
)
audit_written = declare.total("mcp.server.audit.written", "By", "Text of the audit entries written.")
audit_size = declare.values(
    "mcp.server.audit.size", "By", "Size of the audit trail with its indexes, by store: file or postgres.", "store"
)
audit_lane_wait = declare.tallied_histogram(
    "mcp.server.audit.lane.wait_time",
    "Time in which writes got a lane of the audit log, where their connection had none or another one continued it.",
)
journal_expired = declare.counter(
    "mcp.server.journal.expired", "{row}", "Rows of the journal deleted after their lifetime, by table.", "table"
)
spans_lost: Final = {"queue_full": 0, "export_failed": 0}
"""Lost spans by reason. Plain numbers, read at each collection, so that counting costs a call nothing."""
declare.observable_counter(
    "mcp.server.spans.lost",
    "{span}",
    "Spans that did not reach the collector, by reason: queue_full or export_failed.",
    lambda: [Observation(count, {"reason": reason}) for reason, count in spans_lost.items()],
    "reason",
)
declare.observable_gauge(
    "db.client.connection.count",
    "{connection}",
    "Connections of a database pool, by state: idle or used.",
    _pool_connections,
    _POOL,
    "db.client.connection.state",
)
declare.observable_gauge(
    "db.client.connection.max", "{connection}", "Connections that a pool may open.", _pool_sizes, _POOL
)
server_connections = declare.value(
    "db.server.connection.count", "{connection}", "Connections of all clients to the database server."
)
server_connections_max = declare.value(
    "db.server.connection.max",
    "{connection}",
    "Connections that the database server allows to roles other than superusers.",
)
database_size = declare.value("db.server.database.size", "By", "Size of the database on its server.")
pool_waiting = declare.levels(
    "db.client.connection.pending_requests", "{request}", "Calls waiting for a database connection.", _POOL
)
pool_wait = declare.tallied_histogram(
    "db.client.connection.wait_time", "Time that calls waited for a database connection.", _POOL
)
upstream_duration = declare.duration_histogram(
    "http.client.request.duration",
    "Duration of upstream requests.",
    "server.address",
    "http.request.method",
    "http.response.status_code",
    "error.type",
)
upstream_retries = declare.counter("upstream.retries", "{request}", "Retries of upstream requests.", "server.address")
upstream_breaker = declare.gauge(
    "upstream.breaker.state",
    "1",
    "State of the circuit breaker of a host: 0 closed, 1 half-open, 2 open.",
    "server.address",
)
upstream_lookups = declare.counter(
    "upstream.cache.lookups",
    "{lookup}",
    "Cache lookups by result: hit, stale, revalidated, miss, or joined (shared a request in progress).",
    "server.address",
    "result",
)
declare.observable_gauge(
    "upstream.quota.remaining", "{request}", "Remaining upstream quota.", _remaining_quota, "server.address", "quota"
)
declare.observable_gauge(
    "upstream.quota.limit", "{request}", "Upstream quota per period.", _granted_quota, "server.address", "quota"
)
configuration_reloads = declare.counter(
    "mcp.server.configuration.reloads",
    "{reload}",
    "Reloads of an edited file (policy, API key, certificate) by result: ok, or invalid (previous content kept).",
    "file",
    "result",
)
configuration_loaded = declare.values(
    "mcp.server.configuration.loaded",
    "s",
    "When the content in use of a file (policy, API key, certificate) was read, in seconds since 1970.",
    "file",
)
configuration_fingerprint = declare.values(
    "mcp.server.configuration.fingerprint",
    "1",
    "A number made from the content in use of a file: replicas with the same content show the same.",
    "file",
)
declare.observable_gauge(
    "mcp.server.certificate.expiry",
    "s",
    "When the first certificate of a PEM file in use expires, in seconds since 1970.",
    certificates.observe,
    "path",
)
replica_lag = declare.gauge("db.client.replica.lag", "s", "Seconds that the read replica is behind the primary.")
replica_fallbacks = declare.counter(
    "db.client.replica.fallbacks",
    "{read}",
    "Reads that the primary served for the replica: it had not replayed the caller's own write (own_write), the store "
    "could not tell (unknown), it was late or away, it failed, or it cancelled the read.",
    "reason",
)
build_info = declare.gauge(
    "mcp.server.build.info", "1", "Versions of the server and of its kit; always 1.", "version", "kit.version"
)
components_up = declare.gauge(
    "mcp.server.component.up", "1", "Health of each dependency: 1 works, 0 does not.", "component"
)
declare.observable_gauge(
    "mcp.server.volume.size", "By", "Size of the volume with a folder of the server.", volumes.sizes, "volume"
)
declare.observable_gauge(
    "mcp.server.volume.free",
    "By",
    "Space of that volume that the server can still use.",
    volumes.free,
    "volume",
)
declare.observable_gauge("process.memory.usage", "By", "Resident memory of this process.", process.memory)
declare.observable_gauge(
    "process.unix.file_descriptor.count", "{file_descriptor}", "Open file descriptors.", process.file_descriptors
)
declare.observable_gauge("process.thread.count", "{thread}", "Threads of this process.", process.threads)
declare.observable_counter("process.cpu.time", "s", "CPU time of this process.", process.cpu_time, "cpu.mode")

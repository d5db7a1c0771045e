"""Metric instruments of the kit: name, unit, description and attributes of each.

Names and buckets of `mcp.*` follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai); those of
`db.client.*`, `http.client.*` and `process.*` follow OpenTelemetry's general conventions. Attribute values come from
closed sets (registered names, outcomes, configured hosts), never from the caller, so the number of series is bounded.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation, UpDownCounter

from servicekit.telemetry import process
from servicekit.telemetry.tallies import SCOPE, DurationHistogram, Level, Levels

_meter = metrics.get_meter(SCOPE)

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""The conventions' buckets, and three below their lowest (10 ms), because most calls here are faster."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """The declaration of an instrument, listed in docs/operations.md.

    Attributes:
        attributes: names of the attributes of its series.
    """

    name: str
    kind: Literal["counter", "up-down counter", "gauge", "histogram"]
    unit: str
    description: str
    attributes: tuple[str, ...]

    @property
    def prometheus_name(self) -> str:
        """The name on `/metrics` (OpenTelemetry specification, Prometheus compatibility)."""
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return f"{self.name.replace('.', '_')}{unit}{'_total' if self.kind == 'counter' else ''}"


INSTRUMENTS: Final[list[Instrument]] = []


def _counter(name: str, unit: str, description: str, *attributes: str) -> Counter:
    INSTRUMENTS.append(Instrument(name, "counter", unit, description, attributes))
    return _meter.create_counter(name, unit, description)


def _up_down_counter(name: str, unit: str, description: str, *attributes: str) -> UpDownCounter:
    INSTRUMENTS.append(Instrument(name, "up-down counter", unit, description, attributes))
    return _meter.create_up_down_counter(name, unit, description)


def _gauge(name: str, unit: str, description: str, *attributes: str) -> metrics._Gauge:
    INSTRUMENTS.append(Instrument(name, "gauge", unit, description, attributes))
    return _meter.create_gauge(name, unit, description)


def _level(name: str, unit: str, description: str) -> Level:
    """An up-down counter without attributes."""
    level = Level()
    _observable_up_down_counter(name, unit, description, lambda: [Observation(level.value)])
    return level


def _levels(name: str, unit: str, description: str, attribute: str) -> Levels:
    """An up-down counter with one attribute."""
    levels = Levels(attribute)
    _observable_up_down_counter(name, unit, description, levels.observe, attribute)
    return levels


def _tallied_histogram(name: str, description: str, *attributes: str) -> DurationHistogram:
    """A histogram for the hot path."""
    INSTRUMENTS.append(Instrument(name, "histogram", "s", description, attributes))
    return DurationHistogram(name, description, _SECONDS)


def _duration_histogram(name: str, description: str, *attributes: str) -> Histogram:
    INSTRUMENTS.append(Instrument(name, "histogram", "s", description, attributes))
    return _meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=_SECONDS)


def _observable_gauge(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "gauge", unit, description, attributes))
    _meter.create_observable_gauge(name, [callback], unit, description)


def _observable_up_down_counter(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "up-down counter", unit, description, attributes))
    _meter.create_observable_up_down_counter(name, [callback], unit, description)


def _observable_counter(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "counter", unit, description, attributes))
    _meter.create_observable_counter(name, [callback], unit, description)


class ConnectionPool(Protocol):
    """A pool of database connections, as the gauges read it."""

    @property
    def name(self) -> str: ...

    def connections(self) -> tuple[int, int]:
        """Numbers of idle and of used connections."""
        ...


open_pools: Final[WeakSet[ConnectionPool]] = WeakSet()


def _pool_connections() -> Iterable[Observation]:
    for pool in list(open_pools):
        idle, used = pool.connections()
        for state, count in (("idle", idle), ("used", used)):
            yield Observation(count, {"db.client.connection.pool.name": pool.name, "db.client.connection.state": state})


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

operation_duration = _tallied_histogram(
    "mcp.server.operation.duration",
    "Duration of requests; error.type is the outcome of a failed one.",
    *_OPERATION,
    "error.type",
    "rpc.response.status_code",
)
calls_active = _level("mcp.server.calls.active", "{call}", "Running calls.")
calls_waiting = _up_down_counter("mcp.server.calls.waiting", "{call}", "Calls waiting for a concurrency slot.")
calls_shed = _counter("mcp.server.calls.shed", "{call}", "Calls refused because too many calls were waiting.")
subscriptions_open = _up_down_counter("mcp.server.subscriptions.open", "{stream}", "Open subscription streams.")
rate_limit_refused = _counter(
    "mcp.server.rate_limit.refused",
    "{call}",
    "Calls over a rate limit, by limit: server, caller, tool, address, or flood (far over the limit; HTTP 429).",
    "limit",
)
rate_limit_local_fallbacks = _counter(
    "mcp.server.rate_limit.local_fallbacks", "{decision}", "Rate limit decisions made without the shared store."
)
credentials_refused = _counter(
    "mcp.server.credentials.refused", "{request}", "Requests without a valid credential, by reason.", "reason"
)
scopes_refused = _counter(
    "mcp.server.scopes.refused", "{call}", "Calls refused because of their scope or the policy.", *_OPERATION
)
arguments_refused = _counter(
    "mcp.server.arguments.refused", "{call}", "Calls refused because their arguments break the schema.", *_OPERATION
)
writes_replayed = _counter(
    "mcp.server.writes.replayed", "{call}", "Repeated writes answered with the recorded reply.", *_OPERATION
)
confirmations = _counter(
    "mcp.server.confirmations",
    "{confirmation}",
    "Confirmations of destructive calls, by result: requested, confirmed or declined.",
    *_OPERATION,
    "result",
)
audit_lost = _counter("mcp.server.audit.lost", "{entry}", "Audit entries of read calls that could not be written.")
journal_expired = _counter(
    "mcp.server.journal.expired", "{row}", "Rows of the journal deleted after their lifetime, by table.", "table"
)
spans_lost: Final = {"queue_full": 0, "export_failed": 0}
"""Lost spans by reason. Plain numbers, read at each collection, so that counting costs a call nothing."""
_observable_counter(
    "mcp.server.spans.lost",
    "{span}",
    "Spans that did not reach the collector, by reason: queue_full or export_failed.",
    lambda: [Observation(count, {"reason": reason}) for reason, count in spans_lost.items()],
    "reason",
)
_observable_gauge(
    "db.client.connection.count",
    "{connection}",
    "Connections of a database pool, by state: idle or used.",
    _pool_connections,
    _POOL,
    "db.client.connection.state",
)
pool_waiting = _levels(
    "db.client.connection.pending_requests", "{request}", "Calls waiting for a database connection.", _POOL
)
pool_wait = _tallied_histogram(
    "db.client.connection.wait_time", "Time that calls waited for a database connection.", _POOL
)
upstream_duration = _duration_histogram(
    "http.client.request.duration",
    "Duration of upstream requests.",
    "server.address",
    "http.request.method",
    "http.response.status_code",
    "error.type",
)
upstream_retries = _counter("upstream.retries", "{request}", "Retries of upstream requests.", "server.address")
upstream_breaker = _gauge(
    "upstream.breaker.state",
    "1",
    "State of the circuit breaker of a host: 0 closed, 1 half-open, 2 open.",
    "server.address",
)
upstream_lookups = _counter(
    "upstream.cache.lookups",
    "{lookup}",
    "Cache lookups by result: hit, stale, revalidated, miss, or joined (shared a request in progress).",
    "server.address",
    "result",
)
_observable_gauge(
    "upstream.quota.remaining", "{request}", "Remaining upstream quota.", _remaining_quota, "server.address", "quota"
)
_observable_gauge(
    "upstream.quota.limit", "{request}", "Upstream quota per period.", _granted_quota, "server.address", "quota"
)
configuration_reloads = _counter(
    "mcp.server.configuration.reloads",
    "{reload}",
    "Reloads of an edited file (policy, API key, certificate) by result: ok, or invalid (previous content kept).",
    "file",
    "result",
)
replica_lag = _gauge("db.client.replica.lag", "s", "Seconds that the read replica is behind the primary.")
replica_fallbacks = _counter(
    "db.client.replica.fallbacks",
    "{read}",
    "Reads that the primary served for the replica: it had not replayed the caller's own write (own_write), the store "
    "could not tell (unknown), it was late or away, it failed, or it cancelled the read.",
    "reason",
)
build_info = _gauge(
    "mcp.server.build.info", "1", "Versions of the server and of its kit; always 1.", "version", "servicekit.version"
)
components_up = _gauge("mcp.server.component.up", "1", "Health of each dependency: 1 works, 0 does not.", "component")
_observable_gauge("process.memory.usage", "By", "Resident memory of this process.", process.memory)
_observable_gauge(
    "process.unix.file_descriptor.count", "{file_descriptor}", "Open file descriptors.", process.file_descriptors
)
_observable_gauge("process.thread.count", "{thread}", "Threads of this process.", process.threads)
_observable_counter("process.cpu.time", "s", "CPU time of this process.", process.cpu_time, "cpu.mode")

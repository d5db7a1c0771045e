"""Every instrument of the kit, declared once: what an operator can count, and by which attributes.

Names and buckets of `mcp.*` follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai), those of
`db.client.*`, `http.client.*` and `process.*` OpenTelemetry's general ones. Attribute values come from closed sets
(registered names, outcomes, configured hosts), never from what a caller wrote, so the number of series is bounded.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation, UpDownCounter

from servicekit.telemetry import process

_meter = metrics.get_meter("servicekit")

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""The conventions' buckets, and three finer ones: most calls here take less than their lowest, 10 ms."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument, for the page that lists them.

    Attributes:
        attributes: what its series are told apart by.
    """

    name: str
    kind: Literal["counter", "up-down counter", "gauge", "histogram"]
    unit: str
    meaning: str
    attributes: tuple[str, ...]

    @property
    def prometheus_name(self) -> str:
        """Its name on the page that Prometheus reads (OpenTelemetry specification, Prometheus compatibility)."""
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return f"{self.name.replace('.', '_')}{unit}{'_total' if self.kind == 'counter' else ''}"


INSTRUMENTS: Final[list[Instrument]] = []


def _counter(name: str, unit: str, meaning: str, *attributes: str) -> Counter:
    INSTRUMENTS.append(Instrument(name, "counter", unit, meaning, attributes))
    return _meter.create_counter(name, unit, meaning)


def _up_down(name: str, unit: str, meaning: str, *attributes: str) -> UpDownCounter:
    INSTRUMENTS.append(Instrument(name, "up-down counter", unit, meaning, attributes))
    return _meter.create_up_down_counter(name, unit, meaning)


def _gauge(name: str, unit: str, meaning: str, *attributes: str) -> metrics._Gauge:
    INSTRUMENTS.append(Instrument(name, "gauge", unit, meaning, attributes))
    return _meter.create_gauge(name, unit, meaning)


def _durations(name: str, meaning: str, *attributes: str) -> Histogram:
    INSTRUMENTS.append(Instrument(name, "histogram", "s", meaning, attributes))
    return _meter.create_histogram(name, "s", meaning, explicit_bucket_boundaries_advisory=_SECONDS)


def _observed(
    name: str, unit: str, meaning: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    """A gauge that is asked for its value when somebody collects."""

    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "gauge", unit, meaning, attributes))
    _meter.create_observable_gauge(name, [callback], unit, meaning)


def _observed_total(
    name: str, unit: str, meaning: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    """A counter that is asked for its value when somebody collects."""

    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "counter", unit, meaning, attributes))
    _meter.create_observable_counter(name, [callback], unit, meaning)


class ObservedPool(Protocol):
    """A pool of database connections, as the gauges see it."""

    @property
    def name(self) -> str:
        """The word for it."""
        ...

    def connections(self) -> tuple[int, int]:
        """How many are idle, and how many are in use."""
        ...


pools: Final[WeakSet[ObservedPool]] = WeakSet()
"""Every pool that is open now."""


def _pool_connections() -> Iterable[Observation]:
    for pool in list(pools):
        idle, used = pool.connections()
        for state, count in (("idle", idle), ("used", used)):
            yield Observation(count, {"db.client.connection.pool.name": pool.name, "db.client.connection.state": state})


class KnownQuota(Protocol):
    """What an upstream allows us in a time, as far as this process knows."""

    @property
    def limit(self) -> float:
        """All that it grants."""
        ...

    @property
    def remaining(self) -> float:
        """What was left when it was last told or counted."""
        ...

    @property
    def reset_at(self) -> float:
        """When all of it is back; seconds since the epoch."""
        ...


quotas: Final[dict[tuple[str, str], KnownQuota]] = {}
"""Every quota that was told or counted, by host and name."""


def _quotas_left() -> Iterable[Observation]:
    """After its reset a quota is whole, also where nobody asked since: else a last low value would stand for ever."""
    now = time.time()
    for (host, name), known in list(quotas.items()):
        left = known.remaining if now < known.reset_at else known.limit
        yield Observation(left, {"server.address": host, "quota": name})


def _quotas_granted() -> Iterable[Observation]:
    for (host, name), known in list(quotas.items()):
        yield Observation(known.limit, {"server.address": host, "quota": name})


_OPERATION = (
    "mcp.method.name",
    "gen_ai.tool.name",
    "gen_ai.prompt.name",
    "mcp.resource.template",
    "mcp.completion.argument",
)
_POOL = "db.client.connection.pool.name"

operation_duration = _durations(
    "mcp.server.operation.duration",
    "How long requests took; error.type is the outcome of those that failed.",
    *_OPERATION,
    "error.type",
    "rpc.response.status_code",
)
calls_active = _up_down("mcp.server.calls.active", "{call}", "Calls that run now.")
calls_waiting = _up_down("mcp.server.calls.waiting", "{call}", "Calls that wait for their turn.")
calls_shed = _counter("mcp.server.calls.shed", "{call}", "Calls refused because too many were waiting.")
subscriptions_open = _up_down("mcp.server.subscriptions.open", "{stream}", "Open subscription streams.")
rate_limit_refused = _counter(
    "mcp.server.rate_limit.refused",
    "{call}",
    "Calls over a rate limit, by limit: server, caller, tool, address, or flood (beyond any budget; HTTP 429).",
    "limit",
)
rate_limit_local_fallbacks = _counter(
    "mcp.server.rate_limit.local_fallbacks", "{decision}", "Rate limit decisions taken while the shared store was away."
)
credentials_refused = _counter(
    "mcp.server.credentials.refused", "{request}", "Requests without a good credential, by reason.", "reason"
)
scopes_refused = _counter(
    "mcp.server.scopes.refused", "{call}", "Calls that scope or policy does not allow their caller.", *_OPERATION
)
arguments_refused = _counter(
    "mcp.server.arguments.refused", "{call}", "Calls with arguments that do not fit the schema.", *_OPERATION
)
writes_replayed = _counter(
    "mcp.server.writes.replayed", "{call}", "Repeated writes that were answered with the first reply.", *_OPERATION
)
confirmations = _counter(
    "mcp.server.confirmations",
    "{confirmation}",
    "Confirmations of destructive calls, by result: requested, confirmed or declined.",
    *_OPERATION,
    "result",
)
audit_lost = _counter("mcp.server.audit.lost", "{entry}", "Audit entries of calls that changed nothing, not kept.")
spans_lost: Final = {"queue_full": 0, "export_failed": 0}
"""Spans that no collector got. A number that is read when somebody collects: counting must cost a call nothing."""
_observed_total(
    "mcp.server.spans.lost",
    "{span}",
    "Spans that no collector got, by reason: queue_full or export_failed.",
    lambda: [Observation(count, {"reason": reason}) for reason, count in spans_lost.items()],
    "reason",
)
_observed(
    "db.client.connection.count",
    "{connection}",
    "Connections of a database pool, by state: idle or used.",
    _pool_connections,
    _POOL,
    "db.client.connection.state",
)
pool_waiting = _up_down(
    "db.client.connection.pending_requests", "{request}", "Calls that wait for a database connection.", _POOL
)
pool_wait = _durations("db.client.connection.wait_time", "How long calls waited for a database connection.", _POOL)
upstream_duration = _durations(
    "http.client.request.duration",
    "How long upstream requests took.",
    "server.address",
    "http.request.method",
    "http.response.status_code",
    "error.type",
)
upstream_retries = _counter("upstream.retries", "{request}", "Upstream requests sent again.", "server.address")
upstream_breaker = _gauge(
    "upstream.breaker.state", "1", "The circuit breaker of a host: 0 closed, 1 half open, 2 open.", "server.address"
)
upstream_lookups = _counter(
    "upstream.cache.lookups",
    "{lookup}",
    "Upstream reads by result: hit, stale, revalidated, miss, or joined (another caller's request was under way).",
    "server.address",
    "result",
)
_observed("upstream.quota.remaining", "{request}", "Upstream quota left.", _quotas_left, "server.address", "quota")
_observed("upstream.quota.limit", "{request}", "Upstream quota granted.", _quotas_granted, "server.address", "quota")
components_up = _gauge("mcp.server.component.up", "1", "What the server depends on: 1 works, 0 does not.", "component")
_observed("process.memory.usage", "By", "Resident memory of this process.", process.memory)
_observed("process.unix.file_descriptor.count", "{file_descriptor}", "Open files and sockets.", process.descriptors)
_observed("process.thread.count", "{thread}", "Threads of this process.", process.threads)
_observed_total("process.cpu.time", "s", "Processor time of this process.", process.processor, "cpu.mode")

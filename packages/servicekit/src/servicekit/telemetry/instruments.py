"""Every instrument of the kit, declared once: what an operator can count, and by which attributes.

Names and buckets of `mcp.*` follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai), those of
`db.client.*` and `http.client.*` OpenTelemetry's general ones. Attribute values come from closed sets (registered
names, outcomes, configured hosts), never from what a caller wrote, so the number of series is bounded.
"""

from typing import Final

from opentelemetry import metrics

_meter = metrics.get_meter("servicekit")

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""The conventions' buckets, and three finer ones: most calls here take less than their lowest, 10 ms."""

operation_duration = _meter.create_histogram(
    "mcp.server.operation.duration",
    "s",
    "How long requests took, by method, operation, and error.type: the outcome of those that failed.",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
calls_active = _meter.create_up_down_counter("mcp.server.calls.active", "{call}", "Calls that run now.")
calls_waiting = _meter.create_up_down_counter("mcp.server.calls.waiting", "{call}", "Calls that wait for their turn.")
calls_shed = _meter.create_counter("mcp.server.calls.shed", "{call}", "Calls refused because too many were waiting.")
listens_open = _meter.create_up_down_counter("mcp.server.listens.open", "{stream}", "Open subscription streams.")
limits_refused = _meter.create_counter(
    "mcp.server.limits.refused", "{call}", "Calls over a rate limit, by limit: server, caller, tool, address or flood."
)
limits_decided_alone = _meter.create_counter(
    "mcp.server.limits.decided_alone", "{decision}", "Rate limit decisions taken while the shared store was away."
)
credentials_refused = _meter.create_counter(
    "mcp.server.credentials.refused", "{request}", "Requests without a good credential, by reason."
)
scopes_refused = _meter.create_counter(
    "mcp.server.scopes.refused", "{call}", "Calls whose caller lacks the right, by operation."
)
arguments_refused = _meter.create_counter(
    "mcp.server.arguments.refused", "{call}", "Calls with arguments that do not fit the schema, by operation."
)
writes_replayed = _meter.create_counter(
    "mcp.server.writes.replayed", "{call}", "Repeated writes that were answered with the first reply, by operation."
)
confirmations = _meter.create_counter(
    "mcp.server.confirmations", "{confirmation}", "Confirmations, by operation and result: asked, agreed, or declined."
)
pool_connections = _meter.create_up_down_counter(
    "db.client.connection.count", "{connection}", "Connections of the database pool, by db.client.connection.state."
)
pool_waiting = _meter.create_up_down_counter(
    "db.client.connection.pending_requests", "{request}", "Calls that wait for a database connection."
)
pool_wait = _meter.create_histogram(
    "db.client.connection.wait_time",
    "s",
    "How long calls waited for a database connection.",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
upstream_duration = _meter.create_histogram(
    "http.client.request.duration",
    "s",
    "How long upstream requests took, by host, method, status and error.type.",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
upstream_retries = _meter.create_counter("upstream.retries", "{request}", "Upstream requests sent again, by host.")
upstream_breaker = _meter.create_gauge(
    "upstream.breaker.state", "1", "The circuit breaker of a host: 0 closed, 1 half open, 2 open."
)
upstream_lookups = _meter.create_counter(
    "upstream.cache.lookups",
    "{lookup}",
    "Upstream reads by result: hit, stale, revalidated, miss, or joined (another caller's request was under way).",
)
upstream_quota_left = _meter.create_gauge(
    "upstream.quota.remaining", "{request}", "Upstream quota left, by host and name."
)
upstream_quota = _meter.create_gauge("upstream.quota.limit", "{request}", "Upstream quota granted, by host and name.")
components_up = _meter.create_gauge("mcp.server.component.up", "1", "What the server depends on: 1 works, 0 does not.")

"""What the dashboard shows: each panel is a question of an operator, with the queries that answer it."""

from typing import Final

from devkit.dashboard.queries import (
    CALLS,
    DURATIONS,
    SERVICE,
    TOOL,
    Query,
    Row,
    now,
    panel,
    quantile,
    rate,
    share,
    states,
)

_COUNT: Final = f"{DURATIONS}_count"
_UPSTREAM: Final = "http_client_request_duration_seconds"
_POOL: Final = "job, db_client_connection_pool_name"
_UP: Final = ((0, "down", "red"), (1, "up", "green"))
_BREAKER: Final = ((0, "closed", "green"), (1, "half open", "yellow"), (2, "open", "red"))
_QUOTA_LEFT: Final = Query(
    f"min by (server_address, quota) (upstream_quota_remaining{{{SERVICE}}} / (upstream_quota_limit{{{SERVICE}}} > 0))",
    "{{server_address}} {{quota}}",
)

SERVERS: Final = Row(
    "Servers",
    (
        panel("Calls", "Tools, resources and prompts, by server.", "reqps", rate(_COUNT, "job", CALLS)),
        panel(
            "Failures",
            "Share of calls that crashed, ran out of time or found a dependency away. The objective allows 0.1 %.",
            "percentunit",
            share(_COUNT, "job", CALLS, 'error_type=~"crash|unavailable|deadline"'),
        ),
        panel(
            "Latency",
            "The median, and what 5 % and 1 % of the calls exceed.",
            "s",
            *(quantile(part, DURATIONS, "job", CALLS) for part in (0.5, 0.95, 0.99)),
        ),
        panel(
            "Outcomes",
            "Every call that did not end well, by how it ended.",
            "reqps",
            rate(_COUNT, "error_type", f'{CALLS}, error_type!=""'),
            width=12,
            stacked=True,
        ),
        states(
            "Components",
            "What each server depends on.",
            now("min", "mcp_server_component_up", "job, component"),
            *_UP,
            width=12,
        ),
    ),
)

TOOLS: Final = Row(
    "Tools",
    (
        panel("Calls", "By tool.", "reqps", rate(_COUNT, "job, gen_ai_tool_name", TOOL)),
        panel(
            "Errors",
            "Calls that did not end well, by tool and outcome.",
            "reqps",
            rate(_COUNT, "job, gen_ai_tool_name, error_type", f'{TOOL}, error_type!=""'),
        ),
        panel(
            "Latency",
            "What 5 % of a tool's calls exceed.",
            "s",
            quantile(0.95, DURATIONS, "job, gen_ai_tool_name", TOOL),
        ),
        panel(
            "Arguments refused",
            "Calls that do not fit the tool's schema: clients misread it.",
            "reqps",
            rate("mcp_server_arguments_refused_total", "job, gen_ai_tool_name", TOOL),
        ),
        panel(
            "Writes replayed",
            "Repeated writes that were answered with the first reply.",
            "reqps",
            rate("mcp_server_writes_replayed_total", "job, gen_ai_tool_name", TOOL),
        ),
        panel(
            "Confirmations",
            "Consents to what cannot be undone: asked, agreed, declined.",
            "reqps",
            rate("mcp_server_confirmations_total", "job, gen_ai_tool_name, result", TOOL),
        ),
    ),
)

TURNED_AWAY: Final = Row(
    "Who is turned away",
    (
        panel(
            "Over a limit",
            "By limit: server, caller, tool, address or flood.",
            "reqps",
            rate("mcp_server_rate_limit_refused_total", "job, limit"),
        ),
        panel(
            "Without a good credential",
            "By reason.",
            "reqps",
            rate("mcp_server_credentials_refused_total", "job, reason"),
        ),
        panel(
            "Without the right",
            "Scope or policy does not allow it.",
            "reqps",
            rate("mcp_server_scopes_refused_total", "job, gen_ai_tool_name"),
        ),
        panel(
            "Limits decided alone",
            "Decisions taken while the shared store was away.",
            "reqps",
            rate("mcp_server_rate_limit_local_fallbacks_total", "job"),
        ),
        panel(
            "Shed",
            "Calls refused because too many were waiting.",
            "reqps",
            rate("mcp_server_calls_shed_total", "job"),
        ),
        panel(
            "Audit entries lost",
            "Entries of calls that changed nothing, a second.",
            "short",
            rate("mcp_server_audit_lost_total", "job"),
        ),
    ),
)

SATURATION: Final = Row(
    "Saturation",
    (
        panel(
            "In flight",
            "Calls that run, and calls that wait for their turn.",
            "short",
            now("sum", "mcp_server_calls_active", "job", "running"),
            now("sum", "mcp_server_calls_waiting", "job", "waiting"),
        ),
        panel("Subscriptions", "Open streams.", "short", now("sum", "mcp_server_subscriptions_open", "job")),
        panel(
            "Database pool",
            "Connections by state, and calls that wait for one.",
            "short",
            now("sum", "db_client_connection_count", f"{_POOL}, db_client_connection_state"),
            now("sum", "db_client_connection_pending_requests", _POOL, "waiting"),
        ),
        panel(
            "Wait for a connection",
            "What 5 % of the calls that need one exceed.",
            "s",
            quantile(0.95, "db_client_connection_wait_time_seconds", "job"),
        ),
        panel("Memory", "Resident.", "bytes", now("max", "process_memory_usage_bytes", "job, instance")),
        panel("Processor", "Cores in use.", "short", rate("process_cpu_time_seconds_total", "job, instance")),
        panel(
            "Open files and sockets",
            "By process.",
            "short",
            now("max", "process_unix_file_descriptor_count", "job, instance"),
            width=12,
        ),
        panel(
            "Spans lost",
            "Spans that no collector got, a second.",
            "short",
            rate("mcp_server_spans_lost_total", "job, reason"),
            width=12,
        ),
    ),
)

UPSTREAM: Final = Row(
    "Upstream",
    (
        panel(
            "Requests",
            "By host and status.",
            "reqps",
            rate(f"{_UPSTREAM}_count", "server_address, http_response_status_code"),
        ),
        panel("Latency", "What 5 % of the requests exceed.", "s", quantile(0.95, _UPSTREAM, "server_address")),
        panel("Quota left", "Share of what the host grants.", "percentunit", _QUOTA_LEFT),
        states(
            "Circuit breakers",
            "An open one lets nothing through.",
            now("max", "upstream_breaker_state", "server_address"),
            *_BREAKER,
        ),
        panel("Cache", "Reads by result.", "reqps", rate("upstream_cache_lookups_total", "result"), stacked=True),
        panel("Sent again", "Retries.", "reqps", rate("upstream_retries_total", "server_address")),
    ),
)

ROWS: Final = (SERVERS, TOOLS, TURNED_AWAY, SATURATION, UPSTREAM)

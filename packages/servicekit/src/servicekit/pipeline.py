"""One call, end to end: the only way into a tool, whatever transport delivered the call.

The order of the stages is the design (DESIGN, "One call, end to end"). A tool behind this function validates nothing
that its types already say, catches nothing and logs nothing.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from pydantic_core import to_json

from servicekit.arguments import BadArguments
from servicekit.caller import Caller, acting_as
from servicekit.cursors import Cursors
from servicekit.errors import Overloaded, Refused, Unavailable
from servicekit.operations import Operation
from servicekit.policy import Policy
from servicekit.results import Rendered
from servicekit.sealing import NotSealedHere
from servicekit.telemetry.logs import CallLog
from servicekit.telemetry.traces import CallSpan, call_span

Outcome = Literal["ok", "refused", "invalid_arguments", "denied", "unavailable", "deadline", "crash", "cancelled"]


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What came with a call, besides its arguments.

    Attributes:
        request_id: names this request in logs and in the reply's headers.
        protocol_version: the MCP revision the client speaks.
        client: the client's own name and version, as it states them.
        trace_context: W3C trace headers (`traceparent`, `tracestate`), from `_meta` or HTTP.
    """

    request_id: str
    protocol_version: str = ""
    client: str = ""
    trace_context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of a call, in plain values.

    Attributes:
        outcome: how it ended, for metrics, logs and the transport's own status.
        text: what a model reads.
        structured: the JSON object behind the text, where there is one.
        meta: what the boundary adds for the client: provenance, the correlation id of a crash.
        link: URI of the resource that holds the whole of a result that was cut.
    """

    outcome: Outcome
    text: str
    structured: dict[str, Any] | None = None
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    link: str | None = None

    @property
    def is_error(self) -> bool:
        """Anything but a result."""
        return self.outcome != "ok"


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the stages of the pipeline work with, prepared at start-up.

    Attributes:
        deadline: seconds after which a call is given up.
    """

    policy: Policy
    cursors: Cursors
    log: CallLog
    deadline: float


async def call(
    boundary: Boundary, operation: Operation, arguments: Mapping[str, Any], caller: Caller, request: RequestInfo
) -> Reply:
    """Run one operation for one caller. Never raises but for cancellation: every failure is a `Reply`."""
    started = time.perf_counter()
    reply = Reply("cancelled", "")
    with call_span(operation.label, operation.kind, operation.name, caller, request) as span:
        try:
            reply = await _run(boundary, operation, arguments, caller, span)
        finally:
            span.end(reply.outcome)
            boundary.log.call(operation, caller, request, reply, time.perf_counter() - started, span.trace_id)
    return reply


async def _run(
    boundary: Boundary, operation: Operation, raw: Mapping[str, Any], caller: Caller, span: CallSpan
) -> Reply:
    """The stages inside the span, and the one place where failures become words."""
    clock = asyncio.timeout(boundary.deadline)
    try:
        denial = boundary.policy.denial(caller, operation)
        if denial is not None:
            return Reply("denied", denial.reason)
        arguments = operation.arguments.parse(raw)
        fields = arguments.pop("fields", None) if operation.shape.is_page else None
        filters = {name: value for name, value in arguments.items() if name != operation.arguments.cursor}
        _open_cursor(boundary, operation, arguments, filters, caller)
        with acting_as(caller):
            async with clock:
                value = await operation.method(**arguments)
        rendered = operation.shape.render(value, fields)
        return _reply(boundary, operation, rendered, filters, caller)
    except BadArguments as error:
        return Reply("invalid_arguments", str(error))
    except Refused as error:
        return Reply("refused", str(error))
    except (Unavailable, Overloaded) as error:
        span.record(error)
        return Reply("unavailable", str(error))
    except asyncio.CancelledError as error:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        # Nobody gave this call up: the tool awaited something that was. Let through, it would end the connection.
        broken = RuntimeError("the operation awaited work that was cancelled")
        broken.__cause__ = error
        return _crash(boundary, operation, span, broken)
    except Exception as error:
        if not clock.expired():
            return _crash(boundary, operation, span, error)
        span.record(error)
        return Reply(
            "deadline", f"Not done within {boundary.deadline:g} s, so it was stopped. Ask for less, or try again."
        )


def _open_cursor(
    boundary: Boundary, operation: Operation, arguments: dict[str, Any], filters: dict[str, Any], caller: Caller
) -> None:
    name = operation.arguments.cursor
    if name is None or arguments[name] is None:
        return
    try:
        arguments[name] = boundary.cursors.open(arguments[name], operation.name, filters, caller)
    except NotSealedHere:
        message = f"{name}: not a cursor of this tool with these arguments. Leave it out to start at the beginning."
        raise BadArguments(f"Invalid arguments. {message}") from None


def _reply(
    boundary: Boundary, operation: Operation, rendered: Rendered, filters: dict[str, Any], caller: Caller
) -> Reply:
    text, structured = rendered.text, rendered.structured
    if operation.shape.is_page and structured is not None:
        if rendered.next_position is not None:
            structured["next_cursor"] = boundary.cursors.seal(rendered.next_position, operation.name, filters, caller)
        if rendered.notices:
            structured["notice"] = " ".join(rendered.notices)
        text = to_json(structured).decode()
    elif rendered.notices:
        text = "\n".join([text, *rendered.notices])
    meta: dict[str, Any] = {}
    if operation.shape.untrusted:
        meta["fleet/untrusted"] = list(operation.shape.untrusted)
    link = getattr(operation, "link", None)
    return Reply("ok", text, structured, meta, _filled(link, filters) if link and rendered.cut else None)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A URI from its template; whatever a value holds, it stays one part of the URI."""
    return template.format_map({name: quote(str(value), safe="") for name, value in values.items()})


def _crash(boundary: Boundary, operation: Operation, span: CallSpan, error: Exception) -> Reply:
    """A bug: the caller gets a number to quote, the log and the span get everything."""
    correlation_id = uuid.uuid4().hex[:12]
    span.record(error)
    boundary.log.crash(operation, correlation_id, span.trace_id, error)
    text = f"This failed inside the server. Nothing more is known here; quote {correlation_id} to its operators."
    return Reply("crash", text, meta={"fleet/correlation_id": correlation_id})

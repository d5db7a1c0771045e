"""One call, end to end: the only way into a tool, whatever transport delivered the call.

The order of the stages is the design (DESIGN, "One call, end to end"). A tool behind this function validates nothing
that its types already say, catches nothing and logs nothing.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from pydantic_core import to_json

from servicekit.access.concurrency import ConcurrencyLimiter
from servicekit.access.policy import Denial, Policy
from servicekit.access.rate_limit import RateLimiter
from servicekit.core.caller import Caller, acting_as, caller_key
from servicekit.core.deadline import Deadlines
from servicekit.core.progress import reporting_to
from servicekit.core.sealed_token import InvalidToken
from servicekit.journal.protocol import AuditEntry
from servicekit.pipeline.audit import audit_entry
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.confirmation import ConfirmedCall
from servicekit.pipeline.elicitation import Elicitations
from servicekit.pipeline.operation_span import OperationSpan, RequestMetadata, call_span
from servicekit.pipeline.outcomes import map_exception
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.pipeline.writes import Writes
from servicekit.registry.operation import Operation
from servicekit.registry.tools import ToolSpec
from servicekit.schema.arguments import InvalidArguments
from servicekit.schema.pagination import Cursors
from servicekit.schema.results import OperationResult
from servicekit.telemetry.spans import child_span

_NO_CONSENT = "The person who was asked said no, or gave no answer. Nothing was done."


@dataclass(frozen=True, slots=True)
class PipelineDependencies:
    """What the stages of the pipeline work with, prepared at start-up.

    Attributes:
        deadlines: when calls are given up.
        conversations: what was answered to the questions of calls.
        turns: how many calls run at once.
        writes: how writes happen once and are recorded; None for a service that only reads and keeps no trail.
    """

    policy: Policy
    limiter: RateLimiter
    cursors: Cursors
    log: CallLog
    deadlines: Deadlines
    elicitations: Elicitations
    writes: Writes | None = None
    concurrency: ConcurrencyLimiter = field(default_factory=ConcurrencyLimiter)

    def note_denial(self, operation: Operation, caller: Caller, request: RequestInfo, denial: Denial) -> None:
        """Record what a transport turned away before it became a call."""
        if self.writes is not None:
            details = {"missing_scopes": sorted(denial.missing_scopes)}
            self.writes.journal.note(audit_entry(operation, {}, caller, request, "denied", details))


async def call(
    pipeline: PipelineDependencies,
    operation: Operation,
    arguments: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
) -> Reply:
    """Run one operation for one caller. Never raises but for cancellation: every failure is a `Reply`."""
    reply = Reply("cancelled", "")
    with call_span(operation, RequestMetadata((request.trace_context,))) as exchange:
        exchange.made_by(caller, request.protocol_version)
        try:
            reply = await _run(pipeline, operation, arguments, caller, request, exchange)
        finally:
            exchange.settle(reply)
            pipeline.log.call(operation, caller, request, reply, exchange)
            if pipeline.writes is not None and not reply.recorded:
                details = {
                    "duration_ms": round(exchange.seconds * 1000, 1),
                    "trace_id": exchange.trace_id or None,
                    "replayed": reply.meta.get("fleet/replayed"),
                }
                pipeline.writes.journal.note(audit_entry(operation, arguments, caller, request, reply.outcome, details))
    return reply


async def _run(
    pipeline: PipelineDependencies,
    operation: Operation,
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    exchange: OperationSpan,
) -> Reply:
    """The stages inside the span, and the one place where failures become words."""
    seconds = pipeline.deadlines.seconds(request.timeout, request.turn.waited if request.turn else 0.0)
    clock = asyncio.timeout(seconds)
    try:
        return await _stages(pipeline, operation, raw, caller, request, exchange, clock)
    except ConfirmedCall as confirmed:
        # The token stands for the whole call, which starts again from the first stage with the consent in hand: it is
        # admitted, logged and recorded as itself. What was decided about the confirmation does not count for it.
        agreed = replace(request, state=confirmed.token, agreed=True, decision=None, turn=None, trace_context={})
        reply = await call(pipeline, confirmed.operation, confirmed.arguments, caller, agreed)
        return replace(reply, recorded=True)
    except asyncio.CancelledError as error:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        # Nobody gave this call up: the tool awaited something that was. Let through, it would end the connection.
        broken = RuntimeError("the operation awaited work that was cancelled")
        broken.__cause__ = error
        return _crash(pipeline, exchange, broken)
    except Exception as error:
        ending = map_exception(error, request)
        if ending is not None:
            if ending.outcome == "unavailable":
                exchange.record(error)
            return ending
        if clock.expired():
            exchange.record(error)
            return Reply("deadline", _too_late(pipeline, operation, seconds))
        return _crash(pipeline, exchange, error)


async def _stages(
    pipeline: PipelineDependencies,
    operation: Operation,
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    exchange: OperationSpan,
    clock: asyncio.Timeout,
) -> Reply:
    """Scope and policy, limit, and the turn under which the rest runs."""
    denial = pipeline.policy.denial(caller, operation)
    if denial is not None:
        return Reply("denied", denial.reason)
    decision = request.decision or await pipeline.limiter.admit(
        caller, operation.name, operation.cost, pipeline.policy.limits(caller), writes=operation.writes
    )
    if decision.refused_by is not None:
        return Reply("rate_limited", decision.sentence, meta={"fleet/retry_after": decision.retry_after})
    turn = request.turn or await pipeline.concurrency.take(caller_key(caller), request.timeout)
    try:
        return await _in_turn(pipeline, operation, raw, caller, request, exchange, clock)
    finally:
        turn.release()


async def _in_turn(
    pipeline: PipelineDependencies,
    operation: Operation,
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    exchange: OperationSpan,
    clock: asyncio.Timeout,
) -> Reply:
    """Arguments, then the tool, and the shape of its result."""
    arguments = operation.arguments.parse(raw)
    fields = arguments.pop("fields", None) if operation.output.is_page else None
    filters = {name: value for name, value in arguments.items() if name != operation.arguments.cursor}
    _open_cursor(pipeline, operation, arguments, filters, caller)
    notices = pipeline.policy.clamp(caller, arguments)
    with acting_as(pipeline.policy.narrowed(caller)), reporting_to(request.progress):
        async with clock:
            with pipeline.deadlines.running(clock):
                if isinstance(operation, ToolSpec) and operation.writes:
                    return await _write(pipeline, operation, arguments, raw, caller, request, exchange)
                with pipeline.elicitations.continued(operation.label, arguments, caller, request), child_span("tool"):
                    value = await operation.run(arguments)
    with child_span("result", brief=True):
        notices += pipeline.policy.shorten(caller, value)
        rendered = operation.output.render(value, fields)
        rendered.notices += notices
        return _reply(pipeline, operation, rendered, filters, caller)


def _too_late(pipeline: PipelineDependencies, operation: Operation, seconds: float) -> str:
    """What to read when a call was given up. A write is either rolled back, or its reply is kept for whoever asks."""
    again = "Call again with the same arguments" + (" and idempotency_key" if operation.writes else "")
    if pipeline.deadlines.ending:
        return f"This server stops for a moment, and the call was not done before that. {again}."
    if operation.writes:
        return f"Not finished within {seconds:g} s, so it was stopped. {again}: that tells what was done, or does it."
    return f"Not done within {seconds:g} s, so it was stopped. Ask for less, or try again."


async def _write(
    pipeline: PipelineDependencies,
    tool: ToolSpec,
    arguments: dict[str, Any],
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    exchange: OperationSpan,
) -> Reply:
    """The stages that only a write passes: idempotency, consent, and the record that commits with the effect."""
    if pipeline.writes is None:
        raise RuntimeError(f"{tool.name} writes, and the service has no journal")
    if request.state is not None and not request.agreed:
        return Reply("declined", _NO_CONSENT)

    def entry(details: Mapping[str, Any]) -> AuditEntry:
        return audit_entry(tool, raw, caller, request, "ok", {**details, "trace_id": exchange.trace_id or None})

    written = await pipeline.writes.run(tool, arguments, request.state, caller, entry)
    meta: dict[str, Any] = {"fleet/untrusted": list(tool.output.untrusted)} if tool.output.untrusted else {}
    if not written.replayed:
        return Reply("ok", written.text, written.structured, meta, notice=written.notice, recorded=True)
    return Reply("ok", written.text, written.structured, {**meta, "fleet/replayed": True}, notice=written.notice)


def _open_cursor(
    pipeline: PipelineDependencies,
    operation: Operation,
    arguments: dict[str, Any],
    filters: dict[str, Any],
    caller: Caller,
) -> None:
    name = operation.arguments.cursor
    if name is None or arguments[name] is None:
        return
    try:
        arguments[name] = pipeline.cursors.open(arguments[name], operation.name, filters, caller)
    except InvalidToken:
        message = f"{name}: not a cursor of this tool with these arguments. Leave it out to start at the beginning."
        raise InvalidArguments(f"Invalid arguments. {message}") from None


def _reply(
    pipeline: PipelineDependencies,
    operation: Operation,
    rendered: OperationResult,
    filters: dict[str, Any],
    caller: Caller,
) -> Reply:
    text, structured = rendered.text, rendered.structured
    if operation.output.is_page and structured is not None:
        if rendered.next_position is not None:
            structured["next_cursor"] = pipeline.cursors.seal(rendered.next_position, operation.name, filters, caller)
        if rendered.notices:
            structured["notice"] = " ".join(rendered.notices)
        text = to_json(structured).decode()
    elif rendered.notices:
        text = "\n".join([text, *rendered.notices] if text else rendered.notices)
    meta: dict[str, Any] = {}
    if operation.output.untrusted:
        meta["fleet/untrusted"] = list(operation.output.untrusted)
    link = getattr(operation, "link", None)
    whole = rendered.link or (_filled(link, filters) if link and rendered.cut else None)
    return Reply("ok", text, structured, meta, whole, attachments=rendered.attachments, data=rendered.data)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A URI from its template; whatever a value holds, it stays one part of the URI."""
    return template.format_map({name: quote(str(value), safe="") for name, value in values.items()})


def _crash(pipeline: PipelineDependencies, exchange: OperationSpan, error: Exception) -> Reply:
    """A bug: the caller gets a number to quote, the log and the span get everything."""
    correlation_id = uuid.uuid4().hex[:12]
    exchange.record(error)
    pipeline.log.crash(correlation_id, exchange, error)
    text = f"This failed inside the server. Nothing more is known here; quote {correlation_id} to its operators."
    return Reply("crash", text, meta={"fleet/correlation_id": correlation_id})

"""One call, end to end: the only way into a tool, whichever transport delivered the call.

The stages, in order: scope and policy, rate limit, concurrency slot, arguments, deadline, the tool (for a write:
idempotency and confirmation before it, the audit entry with it), result. Each is decided here and once; a transport
reads the decisions from the reply. A tool validates nothing that its types already say, catches nothing and logs
nothing.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote

from servicekit.audit.entry import AuditEntry
from servicekit.core.caller import Caller, acting_as
from servicekit.core.deadline import Deadline
from servicekit.core.errors import CallError, DeadlineExceeded
from servicekit.core.progress import progress_sent_to
from servicekit.core.sealed_token import InvalidToken
from servicekit.pipeline.audit import audit_entry
from servicekit.pipeline.confirmation import ConfirmedCall
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.operation_span import OperationSpan, RequestMetadata, call_span
from servicekit.pipeline.outcomes import map_exception, rate_limited
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.registry.operation import Operation
from servicekit.registry.tools import ToolSpec
from servicekit.schema.arguments import InvalidArguments
from servicekit.schema.operation_result import OperationResult
from servicekit.schema.untrusted import as_sent
from servicekit.telemetry.spans import child_span

_NOT_CONFIRMED: Final = "The user declined, or did not answer. Nothing was done."


async def call(
    pipeline: PipelineDependencies,
    operation: Operation,
    arguments: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
) -> Reply:
    """Run one operation for one caller. Every failure is a `Reply`; only a cancellation raises."""
    reply = Reply("cancelled", "")
    with call_span(operation, RequestMetadata((request.trace_context,))) as span:
        span.set_caller(caller, request.protocol_version)
        running = _Call(pipeline, operation, arguments, caller, request, span)
        try:
            reply = await running.run()
        finally:
            span.set_reply(reply)
            pipeline.log.call(operation, caller, request, reply, span)
            if pipeline.writes is not None and not reply.recorded:
                details = {
                    "duration_ms": round(span.seconds * 1000, 1),
                    "trace_id": span.trace_id or None,
                    "replayed": reply.meta.get("fleet/replayed"),
                    "missing_scopes": sorted(reply.denial.missing_scopes) or None if reply.denial else None,
                }
                entry = audit_entry(
                    operation, running.given, caller, request, reply.outcome, details, valid=running.valid
                )
                pipeline.writes.journal.note(entry)
    return reply


@dataclass(slots=True)
class _Call:
    """A call inside its span.

    Attributes:
        given: the arguments as they were sent; once they are valid, as they were understood.
        notices: what was understood differently from what was sent.
        valid: the arguments keep to the schema; None until they were validated.
    """

    pipeline: PipelineDependencies
    operation: Operation
    given: Mapping[str, Any]
    caller: Caller
    request: RequestInfo
    span: OperationSpan
    notices: list[str] = field(default_factory=list[str])
    valid: bool | None = None

    async def run(self) -> Reply:
        """Pass every stage. The one place where exceptions become replies."""
        try:
            reply = await self._admit()
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            # This call was not cancelled: the tool awaited work that was. Passed on, it would end the connection.
            broken = RuntimeError("the operation awaited work that was cancelled")
            broken.__cause__ = error
            return self._crash(broken)
        except Exception as error:
            return self._failed(error)
        return await self._run_confirmed(reply) if isinstance(reply, ConfirmedCall) else reply

    async def _admit(self) -> Reply | ConfirmedCall:
        """Scope and policy, rate limit, concurrency slot."""
        pipeline, operation, caller, request = self.pipeline, self.operation, self.caller, self.request
        decision = await pipeline.decide(caller, operation)  # a denied call counts too
        if request.on_decision is not None:
            request.on_decision(decision)
        denial = pipeline.policy.denial(caller, operation)
        if denial is not None and not decision.over_limit:
            return Reply("denied", denial.reason, denial=denial)
        if decision.exceeded is not None:
            return rate_limited(decision)
        with child_span("concurrency_slot", brief=True):
            slot = await pipeline.concurrency.acquire(caller.key, request.timeout)
        try:
            return await self._execute(pipeline.deadlines.deadline(request.timeout, slot.waited))
        finally:
            slot.release()

    async def _execute(self, deadline: Deadline) -> Reply | ConfirmedCall:
        """Arguments, deadline, the tool, and its result."""
        pipeline, operation, caller = self.pipeline, self.operation, self.caller
        self.valid = False
        arguments, self.notices, self.given = await operation.arguments.parsed(self.given)
        self.valid = True
        fields = arguments.pop("fields", None) if operation.output.field_names else None
        filters = {name: value for name, value in arguments.items() if name != operation.arguments.cursor}
        self._open_cursor(arguments, filters)
        self.notices += pipeline.policy.clamp(caller, arguments)
        try:
            with acting_as(pipeline.policy.restrict(caller)), progress_sent_to(self.request.progress), deadline:
                if isinstance(operation, ToolSpec) and operation.writes:
                    return await self._write(operation, arguments)
                elicitation = pipeline.elicitations.continued(operation.label, arguments, caller, self.request)
                with elicitation, child_span("tool"):
                    value = await operation.run(arguments)
        except CallError:
            raise
        except Exception as error:
            if not deadline.is_over:
                raise
            raise DeadlineExceeded(self._deadline_text(deadline.seconds)) from error
        if isinstance(value, ConfirmedCall):
            return value
        with child_span("result", brief=True):
            result = await operation.output.rendered(value, fields, self._most_records())
            return self._reply(result, filters)

    async def _write(self, tool: ToolSpec, arguments: dict[str, Any]) -> Reply:
        """The stages of a write: idempotency, confirmation, and the audit entry that commits with the effect."""
        writes, request = self.pipeline.writes, self.request
        if writes is None:
            raise RuntimeError(f"{tool.name} writes, and the service has no journal")
        if request.state is not None and not request.confirmed:
            return Reply("declined", _NOT_CONFIRMED)

        def entry(details: Mapping[str, Any]) -> AuditEntry:
            traced = {**details, "trace_id": self.span.trace_id or None}
            return audit_entry(tool, self.given, self.caller, request, "ok", traced)

        written = await writes.run(tool, arguments, request, self.caller, entry, self._most_records())
        meta, notice = _provenance(tool), _sentences([*self.notices, *written.notices])
        if not written.replayed:
            return Reply("ok", written.text, written.json, meta, notice=notice, recorded=True)
        return Reply("ok", written.text, written.json, {**meta, "fleet/replayed": True}, notice=notice)

    async def _run_confirmed(self, confirmed: ConfirmedCall) -> Reply:
        """The call that a confirmation code stands for, from its first stage.

        It is admitted, logged and audited as itself: decisions about the confirmation do not count for it.
        """
        confirmation = confirmed.confirmation
        request = replace(self.request, confirmation=confirmation, on_decision=None, trace_context={})
        reply = await call(self.pipeline, confirmed.operation, as_sent(confirmation.arguments), self.caller, request)
        return replace(reply, recorded=True)

    def _most_records(self) -> int | None:
        """The most records in a list of the answer, by the policy of the caller's client."""
        return None if self.operation.open_to_all else self.pipeline.policy.max_records(self.caller)

    def _open_cursor(self, arguments: dict[str, Any], filters: dict[str, Any]) -> None:
        name = self.operation.arguments.cursor
        if name is None or arguments[name] is None:
            return
        try:
            arguments[name] = self.pipeline.cursors.open(arguments[name], self.operation.name, filters, self.caller)
        except InvalidToken:
            message = f"{name}: not a cursor of this tool with these arguments. Leave it out to start at the beginning."
            raise InvalidArguments(f"Invalid arguments. {message}") from None

    def _reply(self, result: OperationResult, filters: dict[str, Any]) -> Reply:
        operation, text, content = self.operation, result.text, result.json
        meta, notice = _provenance(operation), None
        if operation.output.is_page or operation.kind == "prompt":
            result.notices += self.notices
        elif operation.kind == "tool":
            notice = _sentences(self.notices)  # beside the text, which stays the JSON of the result
        elif operation.kind == "resource":
            notices = [*self.notices, *(result.notices if content is not None else ())]  # beside the JSON
            meta = {**meta, "fleet/notices": notices} if notices else meta
        if operation.output.is_page and content is not None:
            added: dict[str, str] = {}
            if result.next_key is not None:
                added["next_cursor"] = self.pipeline.cursors.seal(result.next_key, operation.name, filters, self.caller)
            if result.notices:
                added["notice"] = " ".join(result.notices)
            content = content.extended(**added)
            text = content.text
        elif result.notices and not (operation.kind == "resource" and content is not None):
            text = "\n".join([text, *result.notices] if text else result.notices)
        link = getattr(operation, "link", None)
        whole = result.link or (_filled(link, filters) if link and result.cut else None)
        resource = self.pipeline.resource_of(whole) if whole is not None else None
        if resource is not None and self.pipeline.policy.denial(self.caller, resource) is not None:
            whole = None
        return Reply(
            "ok", text, content, meta, whole, notice,
            attachments=result.attachments, data=result.data, mime_type=result.mime_type,
        )  # fmt: skip

    def _failed(self, error: Exception) -> Reply:
        reply = map_exception(error)
        if reply is None:
            return self._crash(error)
        if reply.outcome in ("unavailable", "deadline"):
            self.span.record(error)
        reply.notice = _sentences([*self.notices, reply.notice])
        return reply

    def _deadline_text(self, seconds: float) -> str:
        """An interrupted write is rolled back, or its reply is kept for a repetition with the same key."""
        writes = self.operation.writes
        again = "Call again with the same arguments" + (" and idempotency_key" if writes else "")
        if self.pipeline.deadlines.shutting_down:
            return f"This server is restarting and stopped the call before it was done. {again}."
        if writes:
            return f"Not finished within {seconds:g} s, so it was stopped. {again}: that returns the result or does it."
        return f"Not done within {seconds:g} s, so it was stopped. Ask for less, or try again."

    def _crash(self, error: Exception) -> Reply:
        """A bug: the caller gets a correlation id, the log and the span get everything."""
        correlation_id = uuid.uuid4().hex[:12]
        self.span.record(error)
        self.pipeline.log.crash(correlation_id, self.span, error)
        text = f"The server failed on this call. Report the id {correlation_id} to its operators."
        return Reply("crash", text, meta={"fleet/correlation_id": correlation_id})


def _sentences(notices: Iterable[str | None]) -> str | None:
    return " ".join(filter(None, notices)) or None


def _provenance(operation: Operation) -> dict[str, Any]:
    return {"fleet/untrusted": list(operation.output.untrusted)} if operation.output.untrusted else {}


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A URI from its template. Each value is percent-encoded, so it stays one part of the URI."""
    return template.format_map({name: quote(str(value), safe="") for name, value in values.items()})

"""The stages of a write: once (idempotency), confirmed where it is destructive, with its audit entry."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio

from servicekit.audit.entry import AuditEntry
from servicekit.core.caller import Caller
from servicekit.core.deadline import shield_commit
from servicekit.core.errors import CallError, OutcomeUnknown, Refused, Unavailable
from servicekit.core.sealed_token import InvalidToken
from servicekit.journal.effect_id import carrying_effect_id
from servicekit.journal.idempotency_key import Intent, arguments_digest, intent_of
from servicekit.journal.protocol import Attempt, Journal, RecordedResult
from servicekit.pipeline.confirmation import (
    Confirmation,
    ConfirmationRequired,
    SealedConfirmations,
    StoredConfirmations,
    confirmation_of,
    digest_of,
)
from servicekit.pipeline.operation_span import attributes_of, method_of
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.operation import result_of
from servicekit.registry.preview import Preview, whole_preview
from servicekit.registry.tools import ToolSpec
from servicekit.schema.json_object import JsonObject
from servicekit.schema.operation_result import OperationResult
from servicekit.telemetry.instruments import confirmations
from servicekit.telemetry.spans import child_span

_USED: Final = (
    "This confirmation was used already: it is valid for one action. To read what was done, call the tool again with "
    "the same idempotency_key and without the confirmation."
)
_INVALID: Final = (
    "This confirmation is not valid here: altered, for another caller, or older than ten minutes. Call the tool again."
)
_OTHER_CALL: Final = "This confirmation is for another call. Call the tool again to see what this one would do."
_CHANGED: Final = (
    "The record changed since the preview, so nothing was done. Call the tool again to see what it would do now."
)
_MAY_BE_RUNNING: Final = (
    "This server's store just lost its records, and an earlier call with this idempotency_key may still be running. "
    "Nothing was done. Call again in {wait} s with the same arguments and idempotency_key."
)
_KEY_TAKEN: Final = (
    "This idempotency_key was used for a call with other arguments. Nothing was done; send a new key for a new action."
)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a write.

    Attributes:
        replayed: an earlier call did it, and this is that call's reply.
        explicit: the caller sent the idempotency key by which the earlier call was found.
        recovered: an earlier attempt did it without getting its answer; this is what was found of it.
    """

    text: str
    json: JsonObject | None
    replayed: bool = False
    explicit: bool = True
    recovered: bool = False
    limited: tuple[str, ...] = ()

    @property
    def notices(self) -> list[str]:
        """Sentences for the model: what is missing from the reply, and that nothing was done now."""
        return [*self.limited, *filter(None, [self.notice])]

    @property
    def notice(self) -> str | None:
        """The sentence for the model where this call changed nothing."""
        if self.recovered:
            return "An earlier attempt had taken effect already: nothing was done again, and this is what it made."
        if not self.replayed:
            return None
        if self.explicit:
            return "Done before with the same idempotency_key: nothing was done again, and this is the first reply."
        return (
            "The same call was made less than a minute ago: nothing was done again, and this is its reply. To do it "
            "twice on purpose, send a new idempotency_key with each call."
        )


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One write, as it was requested.

    Attributes:
        arguments: validated, without the idempotency key.
        whole: the same with it, which is what a confirmation is bound to.
        confirmation: the confirmation that came with the call, if any.
        can_ask: the client can ask its user, so it needs no code.
        entry: makes the audit entry of the finished call from further details.
        most_records: the most records in a list of the reply.
    """

    tool: ToolSpec
    arguments: dict[str, Any]
    whole: dict[str, Any]
    confirmation: Confirmation | None
    can_ask: bool
    caller: Caller
    entry: Callable[[Mapping[str, Any]], AuditEntry]
    most_records: int | None = None

    @property
    def key(self) -> str | None:
        """The idempotency key, where the caller sent one."""
        key: str | None = self.whole.get("idempotency_key")
        return key


@dataclass(frozen=True, slots=True)
class Writes:
    """Runs the writes of one service.

    Attributes:
        journal: keeps replies, confirmations and audit entries.
        sealed: confirmations for clients that can ask their user.
        stored: confirmations for the others.
    """

    journal: Journal
    sealed: SealedConfirmations
    stored: StoredConfirmations

    async def run(
        self,
        tool: ToolSpec,
        arguments: dict[str, Any],
        sent: RequestInfo,
        caller: Caller,
        entry: Callable[[Mapping[str, Any]], AuditEntry],
        most_records: int | None = None,
    ) -> WriteResult:
        """Do it once.

        Args:
            arguments: validated, with the idempotency key if there is one.
            sent: what came with the call, such as its confirmation.
            entry: makes the audit entry of the finished call.
            most_records: the most records in a list of the reply; None for no limit.

        Raises:
            ConfirmationRequired: nothing was done; the preview has to be confirmed first.
            Refused: nothing was done.
            OutcomeUnknown: the connection was lost during the commit.
            Unavailable: nothing was done; a dependency is unavailable.
        """
        confirmation = self._confirmation(tool, arguments, sent, caller)
        without_key = {name: value for name, value in arguments.items() if name != "idempotency_key"}
        can_ask = "elicitation" in sent.input_capabilities
        request = WriteRequest(tool, without_key, arguments, confirmation, can_ask, caller, entry, most_records)
        intent = intent_of(caller, tool.name, without_key, request.key)
        written: WriteResult | None = None
        try:
            with anyio.CancelScope() as scope:  # the SDK cancels through it, where it delivered the call
                async with self.journal.attempt(intent, recoverable=tool.recover is not None) as attempt:
                    with carrying_effect_id(attempt.effect_id):
                        written = await self._attempt(attempt, intent, request)
                    scope.shield = True
        except _Preview as shown:
            raise await self._required(shown.preview, request) from None
        except Unavailable as error:
            if written is None or written.replayed:
                raise
            raise OutcomeUnknown(error.component) from error
        assert written is not None  # noqa: S101  # for the type checker: the scope itself is never cancelled
        return written

    async def _attempt(self, attempt: Attempt, intent: Intent, request: WriteRequest) -> WriteResult:
        """Inside the attempt: everything done here commits together."""
        tool, confirmation = request.tool, request.confirmation
        if (found := await _found(attempt, request)) is not None:
            return await self._record(attempt, intent, request, found, recovered=True)
        if confirmation is not None and not await attempt.consume(confirmation.nonce):
            raise Refused(_USED)
        if attempt.earlier is not None:
            if attempt.earlier.digest != intent.digest:
                raise Refused(_KEY_TAKEN)
            earlier = attempt.earlier.structured
            json = JsonObject.of(earlier) if earlier is not None else None
            return WriteResult(attempt.earlier.text, json, True, intent.explicit)
        if tool.confirm is not None:
            # In the write's own transaction, under its locks: the preview shows what will be done.
            with child_span("confirmation"):
                preview = await result_of(tool.confirm(**request.arguments))
            if preview is not None:
                preview = whole_preview(preview, request.arguments, tool.arguments.defaults)
                if confirmation is None:
                    raise _Preview(preview)
                if confirmation.preview_digest != digest_of(preview):
                    raise Refused(_CHANGED)
        with child_span("tool"):
            value = await tool.run(request.arguments)
        return await self._record(attempt, intent, request, value)

    async def _record(
        self, attempt: Attempt, intent: Intent, request: WriteRequest, value: Any, *, recovered: bool = False
    ) -> WriteResult:
        """Keep the reply and the audit entry, with the effect."""
        tool, confirmation = request.tool, request.confirmation
        result: OperationResult = await tool.output.rendered(value, most=request.most_records)
        details: dict[str, Any] = {
            "idempotency_key": request.key,
            "consent": confirmation.nonce if confirmation else None,  # the stored name
        }
        if recovered:
            details["recovered"] = True
        with child_span("record"):
            kept = RecordedResult(intent.digest, result.text, result.structured)
            await attempt.record(kept, request.entry(details))
        shield_commit()  # a commit that is cut off leaves its outcome unknown
        if confirmation is not None:
            confirmations.add(1, attributes_of(method_of(tool), tool, result="confirmed"))
        return WriteResult(result.text, result.json, recovered=recovered, limited=tuple(result.notices))

    async def _required(self, preview: Preview, request: WriteRequest) -> ConfirmationRequired:
        """The answer to a call that needs confirmation, after its attempt has ended without an effect."""
        confirmation = confirmation_of(request.tool.name, request.whole, preview)
        if request.can_ask:
            return ConfirmationRequired(preview, state=self.sealed.seal(confirmation, request.caller))
        return ConfirmationRequired(preview, code=await self.stored.keep(confirmation, request.caller))

    def _confirmation(
        self, tool: ToolSpec, arguments: Mapping[str, Any], sent: RequestInfo, caller: Caller
    ) -> Confirmation | None:
        """The confirmation that came with a call."""
        if tool.confirm is None:
            return None
        confirmation = sent.confirmation
        if confirmation is None:
            if sent.state is None:
                return None
            try:
                confirmation = self.sealed.open(sent.state, caller)
            except InvalidToken:
                raise Refused(_INVALID) from None
        if confirmation.tool != tool.name or confirmation.arguments_digest != arguments_digest(arguments).hex():
            raise Refused(_OTHER_CALL)
        return confirmation


async def _found(attempt: Attempt, request: WriteRequest) -> Any:
    """The effect of an earlier attempt whose outcome is unknown; None where there is none.

    Raises:
        Refused: it may still be under way.
    """
    recover = request.tool.recover
    if not attempt.is_uncertain or recover is None:
        return None
    found = await result_of(recover(**request.arguments))
    if found is None and attempt.settled_in > 0:
        raise Refused(_MAY_BE_RUNNING.format(wait=math.ceil(attempt.settled_in)))
    return found


class _Preview(CallError):
    """Ends an attempt whose preview has to be confirmed: it changed nothing."""

    outcome = "confirmation_required"

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview.effect)
        self.preview = preview

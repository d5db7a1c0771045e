"""The stages that a write passes and a read does not: once, with consent where it cannot be undone, on the record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio

from servicekit.core.caller import Caller
from servicekit.core.deadline import shield_commit
from servicekit.core.errors import OutcomeUnknown, Refused, Unavailable
from servicekit.core.sealed_token import InvalidToken
from servicekit.journal.effect_id import carrying_effect_id
from servicekit.journal.idempotency_key import Intent, arguments_digest, intent_of
from servicekit.journal.protocol import Attempt, AuditEntry, Journal, RecordedResult
from servicekit.pipeline.confirmation import Confirmation, ConfirmationRequired, Confirmations, digest_of
from servicekit.pipeline.operation_span import attributes_of, method_of
from servicekit.registry.operation import result_of
from servicekit.registry.tools import ToolSpec
from servicekit.schema.results import OperationResult
from servicekit.telemetry.instruments import confirmations
from servicekit.telemetry.spans import child_span

_USED: Final = (
    "This consent was used already: it is good for one action. To read what was done, call the tool again with the "
    "same idempotency_key and without the consent."
)
_STALE: Final = (
    "This consent is not good here: it is altered, another caller's, or older than ten minutes. Call the tool again."
)
_OTHER: Final = "This consent is for another call. Call the tool again to see what this one would do."
_CHANGED: Final = (
    "The record changed since this was shown, so nothing was done. Call the tool again to see what it would do now."
)
_TAKEN: Final = (
    "This idempotency_key was used for a call with other arguments. Nothing was done; send a new key for a new thing."
)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of a write.

    Attributes:
        replayed: it was done before, and this is the reply that was given then.
        explicit: the caller sent the key by which it was recognised.
        recovered: it was done before, by an attempt that never got its answer; this is what was found of it.
    """

    text: str
    structured: dict[str, Any] | None
    replayed: bool = False
    explicit: bool = True
    recovered: bool = False

    @property
    def notice(self) -> str | None:
        """What a model should know where nothing was done this time."""
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
    """One write, as it was asked for.

    Attributes:
        arguments: validated, without the idempotency key.
        whole: the same with it, which is what a consent is to.
        consent: the consent that came with the call, if any.
        entry: makes the audit entry of the finished call out of further details.
    """

    tool: ToolSpec
    arguments: dict[str, Any]
    whole: dict[str, Any]
    consent: Confirmation | None
    caller: Caller
    entry: Callable[[Mapping[str, Any]], AuditEntry]

    @property
    def key(self) -> str | None:
        """The idempotency key, where the caller sent one."""
        key: str | None = self.whole.get("idempotency_key")
        return key


@dataclass(frozen=True, slots=True)
class Writes:
    """Runs the writes of one service.

    Attributes:
        journal: where replies, consents and audit entries are kept.
        consents: seals what is shown for consent.
    """

    journal: Journal
    consents: Confirmations

    async def run(
        self,
        tool: ToolSpec,
        arguments: dict[str, Any],
        state: str | None,
        caller: Caller,
        entry: Callable[[Mapping[str, Any]], AuditEntry],
    ) -> WriteResult:
        """Do it once.

        Args:
            arguments: validated, with the idempotency key if there is one.
            state: the sealed consent that came with the call, if any.
            entry: makes the audit entry of the finished call.

        Raises:
            ConsentNeeded: nothing was done; somebody has to agree first.
            Refused: nothing was done.
            OutcomeUnknown: the connection was lost in the middle of the commit.
            Unavailable: nothing was done; something it needs is away.
        """
        consent = self._open(tool, arguments, state, caller)
        without_key = {name: value for name, value in arguments.items() if name != "idempotency_key"}
        asked = WriteRequest(tool, without_key, arguments, consent, caller, entry)
        intent = intent_of(caller, tool.name, without_key, asked.key)
        written: WriteResult | None = None
        try:
            with anyio.CancelScope() as scope:  # by which the SDK cancels, where a call came through it
                async with self.journal.attempt(intent, recoverable=tool.recover is not None) as attempt:
                    with carrying_effect_id(attempt.marker):
                        written = await self._attempt(attempt, intent, asked)
                    scope.shield = True
        except Unavailable as error:
            if written is None or written.replayed:
                raise
            raise OutcomeUnknown(error.component) from error
        assert written is not None  # noqa: S101  # for the type checker: nothing cancels that scope itself
        return written

    async def _attempt(self, attempt: Attempt, intent: Intent, asked: WriteRequest) -> WriteResult:
        """Inside the attempt: whatever is done here commits together."""
        tool, consent = asked.tool, asked.consent
        if attempt.is_unsure and tool.recover is not None:
            found = await result_of(tool.recover(**asked.arguments))
            if found is not None:
                return await self._recorded(attempt, intent, asked, found, recovered=True)
        if consent is not None and not await attempt.consume(consent.nonce):
            raise Refused(_USED)
        if attempt.earlier is not None:
            if attempt.earlier.digest != intent.digest:
                raise Refused(_TAKEN)
            return WriteResult(attempt.earlier.text, attempt.earlier.structured, True, intent.explicit)
        if tool.confirm is not None:
            # In the write's own transaction, under its locks: what is shown here is what will be done.
            with child_span("confirmation"):
                preview = await result_of(tool.confirm(**asked.arguments))
            if preview is not None and consent is None:
                raise ConfirmationRequired(preview, self.consents.seal(tool.name, asked.whole, preview, asked.caller))
            if preview is not None and consent is not None and consent.shown != digest_of(preview):
                raise Refused(_CHANGED)
        with child_span("tool"):
            value = await tool.run(asked.arguments)
        return await self._recorded(attempt, intent, asked, value)

    async def _recorded(
        self, attempt: Attempt, intent: Intent, asked: WriteRequest, result: Any, *, recovered: bool = False
    ) -> WriteResult:
        """The result, once it is on the record."""
        tool, consent = asked.tool, asked.consent
        rendered: OperationResult = tool.output.render(result)
        details: dict[str, Any] = {"idempotency_key": asked.key, "consent": consent.nonce if consent else None}
        if recovered:
            details["recovered"] = True
        with child_span("record"):
            await attempt.record(
                RecordedResult(intent.digest, rendered.text, rendered.structured), asked.entry(details)
            )
        shield_commit()  # a commit that is cut leaves its outcome unknown
        if consent is not None:
            confirmations.add(1, attributes_of(method_of(tool), tool, result="agreed"))
        return WriteResult(rendered.text, rendered.structured, recovered=recovered)

    def _open(self, tool: ToolSpec, asked: Mapping[str, Any], state: str | None, caller: Caller) -> Confirmation | None:
        if state is None or tool.confirm is None:
            return None
        try:
            consent = self.consents.open(state, caller)
        except InvalidToken:
            raise Refused(_STALE) from None
        if consent.tool != tool.name or consent.asked != arguments_digest(asked).hex():
            raise Refused(_OTHER)
        return consent

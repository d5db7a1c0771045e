"""A call in plain values: what comes into the pipeline besides the arguments, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from servicekit.access.concurrency import Slot
from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.progress import Send
from servicekit.schema.content import Attachment

Outcome = Literal[
    "ok", "refused", "invalid_arguments", "denied", "rate_limited", "shed", "confirmation_required", "declined",
    "input_required", "invalid_request_state", "capability_missing", "unavailable", "deadline", "crash", "cancelled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputRequest:
    """One thing to ask a client for.

    Attributes:
        method: what the protocol calls it, such as ``elicitation/create``.
        params: its parameters, as JSON.
        capability: what the client must have declared, such as ``elicitation``.
    """

    method: str
    params: Mapping[str, Any]
    capability: str


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What came with a call, besides its arguments.

    Attributes:
        request_id: names this request in logs and in the reply's headers.
        protocol_version: the MCP revision the client speaks.
        client: the client's own name and version, as it states them.
        trace_context: W3C trace headers (`traceparent`, `tracestate`), from `_meta` or HTTP.
        input_capabilities: the client's capabilities to answer input requests, such as ``elicitation``.
        state: the sealed state that came with the call, where it goes on: a consent, or the answers of earlier rounds.
        agreed: what the user said to the consent.
        answers: what came with the call in answer to questions, by their names.
        decision: the rate limit's decision, where the transport took it already.
        turn: the turn under which the call runs, where the transport took one already.
        timeout: seconds that the caller will wait, from the moment it sent the request; None where it does not say.
        progress: takes reports to the client, where the transport can.
    """

    request_id: str
    protocol_version: str = ""
    client: str = ""
    trace_context: Mapping[str, str] = field(default_factory=dict[str, str])
    input_capabilities: frozenset[str] = frozenset()
    state: str | None = None
    agreed: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    decision: RateLimitDecision | None = None
    turn: Slot | None = None
    timeout: float | None = None
    progress: Send | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of a call.

    Attributes:
        outcome: how it ended, for metrics, logs and the transport's own status.
        text: what a model reads.
        structured: the JSON object behind the text, where there is one.
        meta: what the pipeline adds for the client: provenance, the correlation id of a crash.
        link: URI of the resource that holds the whole of a result that was cut.
        notice: a sentence beside the result, such as that it is a repetition.
        questions: what the client is to come back with, by name.
        state: the sealed state to come back with, where there are questions.
        recorded: the audit entry is written already, with the effect.
        attachments: what there is to see and hear besides.
        data: the contents of a resource that is not text.
    """

    outcome: Outcome
    text: str
    structured: dict[str, Any] | None = None
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    link: str | None = None
    notice: str | None = None
    questions: Mapping[str, InputRequest] = field(default_factory=dict[str, InputRequest])
    state: str | None = None
    recorded: bool = False
    attachments: tuple[Attachment, ...] = ()
    data: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of text, and of what comes with it."""
        return len(self.text.encode()) + len(self.data or b"") + sum(extra.size for extra in self.attachments)

    @property
    def is_error(self) -> bool:
        """Anything but a result."""
        return self.outcome != "ok"

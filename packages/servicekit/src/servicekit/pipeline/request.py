"""A call in plain values: what enters the pipeline besides the arguments, and the reply that leaves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from servicekit.access.policy import Denial
from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.errors import Outcome
from servicekit.core.progress import SendProgress
from servicekit.schema.content import Attachment
from servicekit.schema.json_object import JsonObject

if TYPE_CHECKING:
    from servicekit.pipeline.confirmation import Confirmation


_RESULTS: Final = frozenset({"ok", "confirmation_required"})


@dataclass(frozen=True, slots=True)
class InputRequest:
    """One request to the client for input (MCP 2026-07-28, multi round-trip requests).

    Attributes:
        method: the protocol's method, such as ``elicitation/create``.
        params: its parameters, as JSON.
        capability: the capability that the client must have declared, such as ``elicitation``.
    """

    method: str
    params: Mapping[str, Any]
    capability: str


@dataclass(slots=True)
class RequestInfo:
    """What came with a call, besides its arguments.

    Attributes:
        request_id: names this request in logs and in the response's headers.
        protocol_version: the MCP revision that the client speaks.
        client: the client's name and version, as it states them.
        trace_context: W3C trace headers (`traceparent`, `tracestate`), from `_meta` or HTTP.
        input_capabilities: the client's capabilities to answer input requests, such as ``elicitation``.
        state: the sealed request state: a confirmation, or the input responses of earlier rounds.
        confirmation: the confirmation whose code was sent, which stands for this call.
        confirmed: the user confirmed the preview.
        input_responses: the client's responses to input requests, by their names.
        on_decision: takes the rate limit's decision, for the headers of the transport's response.
        timeout: seconds that the caller waits, from the moment it sent the request; None where it does not say.
        progress: sends progress to the client, where the transport can.
    """

    request_id: str
    protocol_version: str = ""
    client: str = ""
    trace_context: Mapping[str, str] = field(default_factory=dict[str, str])
    input_capabilities: frozenset[str] = frozenset()
    state: str | None = None
    confirmation: "Confirmation | None" = None
    confirmed: bool = False
    input_responses: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_decision: Callable[[RateLimitDecision], None] | None = None
    timeout: float | None = None
    progress: SendProgress | None = None


@dataclass(slots=True)
class Reply:
    """The outcome of a call.

    Attributes:
        outcome: how the call ended.
        text: what a model reads.
        json: the JSON object behind the text, where there is one.
        meta: what the pipeline adds for the client: provenance, the correlation id of a crash.
        link: URI of the resource that holds the whole of a result that was cut.
        notice: a sentence beside the result, such as that the write is a repetition.
        input_requests: what the client has to answer, by name.
        state: the sealed request state to send back with the responses.
        recorded: the audit entry is written already, with the effect.
        attachments: images, audio and resources that follow the text.
        data: the contents of a resource that is not text.
        mime_type: of a resource whose contents have a type of their own.
        denial: why the caller may not use the operation, for the outcome `denied`.
        decision: the rate limit's decision, for the outcome `rate_limited`.
        retry_after: seconds until the client may try again, for `rate_limited` and `shed`.
    """

    outcome: Outcome
    text: str
    json: JsonObject | None = None
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    link: str | None = None
    notice: str | None = None
    input_requests: Mapping[str, InputRequest] = field(default_factory=dict[str, InputRequest])
    state: str | None = None
    recorded: bool = False
    attachments: tuple[Attachment, ...] = ()
    data: bytes | None = None
    mime_type: str | None = None
    denial: Denial | None = None
    decision: RateLimitDecision | None = None
    retry_after: float | None = None

    @property
    def structured(self) -> dict[str, Any] | None:
        """The members of `json`."""
        return self.json.members if self.json is not None else None

    @property
    def size(self) -> int:
        """Bytes of the text, the data and the attachments."""
        text = len(self.json.encoded if self.json is not None else self.text.encode())
        return text + len(self.data or b"") + sum(extra.size for extra in self.attachments)

    @property
    def is_error(self) -> bool:
        """Any outcome but a result. A preview is one: the call is answered, and the caller decides what follows."""
        return self.outcome not in _RESULTS

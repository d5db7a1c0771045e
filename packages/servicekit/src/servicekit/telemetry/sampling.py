"""Sampling: whether a message is recorded, decided once when its operation span starts."""

import random
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

_RECORDED: Final = context.create_key("recorded")
_ROOT: Final = TraceFlags(TraceFlags.RANDOM_TRACE_ID)
"""The flags of an unrecorded trace that starts here (W3C Trace Context Level 2, random-trace-id)."""
_PASSED_ON: Final = TraceFlags.RANDOM_TRACE_ID


class Sampling:
    """Decides which messages are recorded.

    Attributes:
        ratio: share of messages to record, 0 to 1.
        follow_callers: for a trace started by the caller, follow the caller's sampling decision instead of the ratio.
    """

    def __init__(self) -> None:
        self.ratio = 0.0
        self.follow_callers = False

    def records(self, parent: SpanContext | None) -> bool:
        """Whether to record the message whose remote parent this is."""
        if self.follow_callers and parent is not None:
            return bool(parent.trace_flags.sampled)
        # At random, independent of the trace id, which the caller chooses and could use to force recording.
        return self.ratio > 0.0 and random.random() < self.ratio  # noqa: S311  # no secret depends on it


sampling: Final = Sampling()
"""The sampling of this process, set by `configure_traces`; without traces nothing is recorded."""


def recorded_under(parent: SpanContext | None) -> Context:
    """The context for the root span of a message that `sampling` records."""
    chosen = context.set_value(_RECORDED, True, context.Context())
    return chosen if parent is None else trace.set_span_in_context(NonRecordingSpan(parent), chosen)


def unrecorded_span(parent: SpanContext | None) -> NonRecordingSpan:
    """A span that records nothing. Its ids are for logs, the audit trail and requests to upstream services."""
    # Never zero in practice: 1 in 2**64. The `random` module is what the SDK's own generator uses.
    span_id = random.getrandbits(64)  # an identifier, no secret
    if parent is None:
        ids = SpanContext(random.getrandbits(128), span_id, is_remote=False, trace_flags=_ROOT)
    else:
        flags = TraceFlags(parent.trace_flags & _PASSED_ON)
        ids = SpanContext(parent.trace_id, span_id, is_remote=False, trace_flags=flags, trace_state=parent.trace_state)
    return NonRecordingSpan(ids)


def sdk_sampler(ratio: float, follow_callers: bool) -> Sampler:
    """The sampler of the tracer provider: what `sampling` chose, its child spans, and a ratio of any other span."""
    root = TraceIdRatioBased(ratio)
    if follow_callers:
        return _Chosen(ParentBased(root))
    random_ratio = _RandomSampler(ratio)
    return _Chosen(ParentBased(root, remote_parent_sampled=random_ratio, remote_parent_not_sampled=random_ratio))


class _Chosen(Sampler):
    """Samples the spans that `recorded_under` marked; asks another sampler about the rest."""

    def __init__(self, rest: Sampler) -> None:
        self._rest = rest

    def should_sample(self, parent_context: Context | None, *arguments: Any, **named: Any) -> SamplingResult:
        if parent_context is None or not context.get_value(_RECORDED, parent_context):
            return self._rest.should_sample(parent_context, *arguments, **named)
        attributes = named.get("attributes", arguments[3] if len(arguments) > 3 else None)
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)

    def get_description(self) -> str:
        return f"Chosen({self._rest.get_description()})"


class _RandomSampler(Sampler):
    """Samples at random, independent of the trace id, which the caller chooses and could use to force recording."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,  # noqa: ARG002  # the signature is OpenTelemetry's
        name: str,  # noqa: ARG002
        kind: Any = None,  # noqa: ARG002
        attributes: Any = None,
        links: Any = None,  # noqa: ARG002
        trace_state: Any = None,  # noqa: ARG002
    ) -> SamplingResult:
        recorded = random.random() < self._ratio  # noqa: S311  # no secret depends on it
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        decision = Decision.RECORD_AND_SAMPLE if recorded else Decision.DROP
        return SamplingResult(decision, attributes if recorded else None, state)

    def get_description(self) -> str:
        return f"RandomSampler({self._ratio:g})"

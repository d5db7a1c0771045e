"""Sampling: whether a message is recorded, decided once when its operation span starts."""

import random
from typing import Final

from opentelemetry import context, trace
from opentelemetry.context import Context
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


def is_recorded(parent: Context | None) -> bool:
    """Whether a context comes from `recorded_under`."""
    return parent is not None and bool(context.get_value(_RECORDED, parent))


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

"""The trace context that a message carries (W3C Trace Context)."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

from servicekit.telemetry.redaction import redact

# §3.2.2. Version 00 ends after the flags; a later one may go on after a dash; ff is invalid.
_TRACEPARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LONGEST: Final = 512  # characters; the least that §3.3.1.5 asks to keep of a tracestate
_KNOWN_FLAGS: Final = TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID  # level 2 ignores other bits


def parent_and_links(carriers: Iterable[Mapping[str, Any]]) -> tuple[SpanContext | None, list[SpanContext]]:
    """The trace context of the first carrier that has one, and those of the others, each once."""
    parent: SpanContext | None = None
    others: list[SpanContext] = []
    for carrier in carriers:
        if "traceparent" in carrier and (found := _parsed(carrier)) is not None:
            if parent is None:
                parent = found
            elif found != parent and found not in others:
                others.append(found)
    return parent, others


def _parsed(carrier: Mapping[str, Any]) -> SpanContext | None:
    text, state = carrier["traceparent"], carrier.get("tracestate")
    if not isinstance(text, str) or len(text) > _LONGEST or (match := _TRACEPARENT.fullmatch(text)) is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if (version == "00" and rest is not None) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    known = TraceFlags(int(flags, 16) & _KNOWN_FLAGS)
    states = None
    if isinstance(state, str) and len(state) <= _LONGEST and _holds_no_secret(state):
        states = TraceState.from_header([state])
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=known, trace_state=states)


@lru_cache(1024)
def _holds_no_secret(state: str) -> bool:
    """Whether a `tracestate` can be kept: it goes into spans and to upstream hosts."""
    return redact(state) == state

"""A trace as rows of a waterfall: depth and self time of each span."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from devkit.viewer.memory import Trace
from devkit.viewer.spans import Span

Interval = tuple[int, int]


def rows_of(trace: Trace) -> list[dict[str, Any]]:
    """Each span with `depth`, `offset_ms` from the start of the trace, and its self time.

    The self time is a list of [offset_ms, duration_ms].

    A parent precedes its children, which are ordered by start. A span with an unknown parent has depth 0.
    """
    children = _children(trace.spans)
    return [_row(span, depth, children[span.span_id], trace.start) for span, depth in _walk(trace.spans, children)]


def _children(spans: list[Span]) -> dict[str, list[Span]]:
    children: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.parent_id != span.span_id:
            children[span.parent_id].append(span)
    return children


def _walk(spans: list[Span], children: dict[str, list[Span]]) -> Iterator[tuple[Span, int]]:
    known = {span.span_id for span in spans}
    seen: set[str] = set()
    in_order = sorted(spans, key=lambda span: span.start)
    # The second pass is for cycles of parents, which no root reaches.
    for start in [*(span for span in in_order if span.parent_id not in known), *in_order]:
        waiting = [(start, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield span, depth
                waiting.extend((child, depth + 1) for child in reversed(children[span.span_id]))


def _row(span: Span, depth: int, children: list[Span], start: int) -> dict[str, Any]:
    pieces = _uncovered((span.start, max(span.end, span.start)), [(child.start, child.end) for child in children])
    return {
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "name": span.name,
        "category": span.category,
        "depth": depth,
        "offset_ms": (span.start - start) / 1e6,
        "duration_ms": span.milliseconds,
        "self_ms": sum(end - begin for begin, end in pieces) / 1e6,
        "self": [[(begin - start) / 1e6, (end - begin) / 1e6] for begin, end in pieces],
        "error": span.is_error,
        "status": span.status,
        "attributes": span.attributes,
        "events": [
            {"name": event.name, "offset_ms": (event.time - start) / 1e6, "attributes": event.attributes}
            for event in span.events
        ],
    }


def _uncovered(whole: Interval, parts: list[Interval]) -> list[Interval]:
    """The intervals of `whole` outside `parts`, which are ordered by start."""
    pieces, at = [], whole[0]
    for begin, end in parts:
        if begin > at:
            pieces.append((at, min(begin, whole[1])))
        at = max(at, begin, end)
        if at >= whole[1]:
            break
    if at < whole[1]:
        pieces.append((at, whole[1]))
    return [(begin, end) for begin, end in pieces if end > begin]

"""Timeline entries of returns: their pieces, the warehouse and what staff noted."""

from typing import Final

from orders_mcp.models.order_updates import NewEvent, ReturnWrite
from orders_mcp.models.returns import ReturnLine, ReturnStatus
from orders_mcp.models.timeline import EventKind

_EVENTS: Final[dict[ReturnStatus, EventKind]] = {
    "requested": "return_requested",
    "received": "return_received",
    "inspected": "return_inspected",
    "refunded": "return_refunded",
    "restocked": "return_restocked",
    "rejected": "return_rejected",
    "cancelled": "return_cancelled",
}


def return_event(status: ReturnStatus, written: ReturnWrite, note: str | None = None) -> NewEvent:
    """The entry for a step of a return: ``2 of LMP-0042 (1 damaged) in ams-1. Too dark``."""
    pieces = ", ".join(filter(None, (_described(status, line) for line in written.lines)))
    where = f" in {written.location}" if written.location else ""
    what = f"{pieces}{where}" if pieces else ""
    return NewEvent(_EVENTS[status], note=". ".join(filter(None, (what, note))) or None)


def _described(status: ReturnStatus, line: ReturnLine) -> str | None:
    accepted = status in ("inspected", "refunded")
    counts = {"restocked": line.restocked, "inspected": line.expected, "refunded": line.expected}
    count = counts.get(status, line.quantity)
    if not count:
        return None
    return f"{count} of {line.sku}" + (f" ({line.damaged} damaged)" if accepted and line.damaged else "")

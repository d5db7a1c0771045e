"""Counts refunded pieces to the returns that have them, whichever tool refunded them."""

from collections.abc import Mapping
from uuid import UUID

from orders_mcp.models.order_updates import ReturnWrite
from orders_mcp.models.orders import Order
from orders_mcp.models.returns import Return, ReturnLine


def refunded_returns(order: Order, pieces: Mapping[str, int], first: UUID | None = None) -> tuple[ReturnWrite, ...]:
    """The returns that a refund of these pieces changes: `first`, then inspected ones, then the others by time."""
    left = dict(pieces)
    open_returns = [one for one in order.returns if one.status not in ("rejected", "cancelled")]
    written: list[ReturnWrite] = []
    for returned in sorted(open_returns, key=lambda one: (one.id != first, one.inspected_at is None)):
        lines = [_counted(order, line, pieces, left) for line in returned.lines]
        if lines != returned.lines:
            written.append(_written(returned, lines))
    return tuple(written)


def settled_lines(order: Order, lines: list[ReturnLine]) -> list[ReturnLine]:
    """The lines of a return, in which those count as refunded whose product is refunded as a whole."""
    return [_counted(order, line, {}, {}) for line in lines]


def is_refunded(lines: list[ReturnLine]) -> bool:
    """Whether no piece is left to refund."""
    return not any(line.to_refund for line in lines)


def _counted(order: Order, line: ReturnLine, pieces: Mapping[str, int], left: dict[str, int]) -> ReturnLine:
    count = min(left.get(line.sku, 0), line.to_refund)
    left[line.sku] = left.get(line.sku, 0) - count
    item = next(one for one in order.items if one.sku == line.sku)
    if item.refunded + pieces.get(line.sku, 0) >= item.quantity:
        count = line.to_refund  # no piece of the product is left to refund
    return line.model_copy(update={"refunded": line.refunded + count})


def _written(returned: Return, lines: list[ReturnLine]) -> ReturnWrite:
    done = returned.inspected_at is not None and returned.refunded_at is None and is_refunded(lines)
    return ReturnWrite(returned.id, "refunded" if done else returned.status, tuple(lines), refunded=done)

"""Refunds of single lines, and requests that wait for approval, were declined or expired: of a few delivered orders."""

from datetime import timedelta
from typing import Final, NamedTuple

from orders_mcp.models.order_updates import RefundAmounts
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_amounts import LineValue, shares
from orders_mcp.models.refunds import APPROVAL_DAYS
from orders_mcp.sample_data.order_lifecycle import OrderLifecycle
from orders_mcp.sample_data.vocabulary import DECLINE_NOTES, REFUND_NOTES
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row

_WAITING, _DECLINED, _EXPIRED, _BY_LINE = 8, 10, 12, 25
"""Of 1000 delivered orders without a refund, cumulated: requests in each state, and refunds of one line."""
_REASONS: Final[tuple[RefundReason, ...]] = ("damaged", "not_received", "wrong_item", "changed_mind")


class RequestRows(NamedTuple):
    """The rows of the requests of one order, and its items with their refunded pieces."""

    requests: list[Row]
    lines: list[Row]
    items: list[Row]


def refund_requests(history: OrderLifecycle, order: Row, items: list[Row], draws: Draws) -> RequestRows:
    """What was asked to be refunded of a delivered order; continues its history."""
    chance = draws.below(1000)
    if chance >= _BY_LINE or history.refunds:
        return RequestRows([], [], items)
    line = draws.below(len(items))
    whole = chance < _DECLINED and draws.chance(500)
    amounts = _whole(order) if whole else _of_line(order, items, line)
    pieces = [] if whole else [items[line]]
    if amounts.total == 0:
        return RequestRows([], [], items)
    if chance >= _EXPIRED:
        return _refunded(history, order, items, line, amounts, draws)
    state = "requested" if chance < _WAITING or chance >= _DECLINED else "declined"
    # What waits was requested in the last days of the data; what expired or was declined, before.
    ago = timedelta(hours=draws.between(1, 24 * APPROVAL_DAYS - 12))
    if chance >= _WAITING:
        ago += timedelta(days=draws.between(APPROVAL_DAYS, 3 * APPROVAL_DAYS))
    at = history.end - ago
    if at < history.at:
        return RequestRows([], [], items)
    reason, note = draws.pick(_REASONS), draws.pick(REFUND_NOTES)
    requester = history.by_staff(at, "refund_requested", amounts.total, note)
    decision: tuple[object, ...] = (None, None, None)
    if state == "declined":
        decided_at, words = at + timedelta(hours=draws.between(1, 48)), draws.pick(DECLINE_NOTES)
        decided_by = history.by_staff(decided_at, "refund_declined", amounts.total, words, other_than=requester)
        decision = (decided_by, decided_at, words)
    identifier = draws.identifier(int(at.timestamp() * 1000))
    request = (
        order[0], identifier, order[1], state, order[5], *_columns(amounts), reason, note, None, requester, at,
        at + timedelta(days=APPROVAL_DAYS), *decision, 2 if state == "declined" else 1,
    )  # fmt: skip
    return RequestRows([request], _lines(request, pieces, amounts), items)


def _refunded(
    history: OrderLifecycle, order: Row, items: list[Row], line: int, amounts: RefundAmounts, draws: Draws
) -> RequestRows:
    """A line that was refunded at once."""
    identifier = draws.identifier(int(history.at.timestamp() * 1000))
    reason, note = draws.pick(_REASONS), draws.pick(REFUND_NOTES)
    if not history.refund_part(amounts.total, reason, note, identifier):
        return RequestRows([], [], items)
    request = (
        order[0], identifier, order[1], "refunded", order[5], *_columns(amounts), reason, note, None,
        history.events[-1][8], history.at, None, None, None, None, 1,
    )  # fmt: skip
    refunded = [(*item[:8], item[5], *item[9:]) if at == line else item for at, item in enumerate(items)]
    return RequestRows([request], _lines(request, [items[line]], amounts), refunded)


def _columns(amounts: RefundAmounts) -> tuple[int, ...]:
    return amounts.total, amounts.items, amounts.discount, amounts.shipping, amounts.tax


def _lines(request: Row, items: list[Row], amounts: RefundAmounts) -> list[Row]:
    return [(request[0], request[1], item[3], item[5], amounts.total) for item in items]


def _whole(order: Row) -> RefundAmounts:
    subtotal, discount, shipping, tax = order[6:10]
    return RefundAmounts(subtotal, discount, shipping, tax)


def _of_line(order: Row, items: list[Row], line: int) -> RefundAmounts:
    """What one line cost, with its share of discount and tax."""
    _, discount, shipping, tax = order[6:10]
    gross = [item[7] for item in items]
    discounts = shares(discount, gross)
    taxes = shares(tax, [*(price - off for price, off in zip(gross, discounts, strict=True)), shipping])
    quantity = items[line][5]
    return LineValue(quantity, gross[line], discounts[line], taxes[line]).of(0, quantity)

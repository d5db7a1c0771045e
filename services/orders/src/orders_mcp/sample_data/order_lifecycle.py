"""Generates the payments, refunds, shipments and events of an order, by its status."""

from datetime import datetime, timedelta
from typing import NamedTuple

from asyncpg.pgproto.pgproto import UUID

from orders_mcp.models.payments import RefundReason
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.sample_data.vocabulary import CARRIERS, REFUND_NOTES, STAFF, TRACKING_NUMBERS
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.lifecycle import Lifecycle, status_by_age
from servicekit.sample_data.loading import Row

# Greatest age in hours, and shares per mille in the order of `_STATUSES`.
_STATUSES: tuple[OrderStatus, ...] = (
    "draft",
    "pending",
    "paid",
    "partially_shipped",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
)
_STATUS_SHARES_BY_AGE = (
    (24, (60, 270, 630, 0, 0, 0, 40, 0)),
    (72, (20, 50, 410, 120, 350, 0, 50, 0)),
    (240, (5, 10, 25, 60, 440, 380, 55, 25)),
    (24 * 366 * 10, (4, 3, 3, 2, 6, 887, 57, 38)),
)
_SENT_AGAIN, _IN_TWO = 12, 40
"""Of 1000 delivered orders, cumulated: the first parcel was lost, and the pieces came in two parcels."""
_METHODS = ("card", "card", "card", "card", "paypal", "paypal", "bank_transfer")
_FAILURES = ("card_declined", "insufficient_funds", "authentication_failed")
_REASONS: tuple[RefundReason, ...] = ("damaged", "not_received", "wrong_item", "changed_mind", "goodwill")


def status_at(age: timedelta, chance: int) -> OrderStatus:
    """The status of an order by its age; `chance` is a random number below 1000."""
    return status_by_age(_STATUSES, _STATUS_SHARES_BY_AGE, age, chance)


class OrderFacts(NamedTuple):
    """The facts of an order that its lifecycle depends on; `chance` decides about its parcels."""

    tenant: str
    id: UUID
    status: OrderStatus
    currency: str
    total: int
    region: str
    placed_at: datetime
    end: datetime
    pieces: dict[str, int]
    chance: int


class OrderLifecycle(Lifecycle):
    """Collects the payments, refunds, shipments and events of one order, in order of time."""

    __slots__ = ("_order", "events", "payments", "refunds", "shipment_lines", "shipments")

    def __init__(self, order: OrderFacts, draws: Draws) -> None:
        super().__init__(draws, order.placed_at, order.end)
        self._order = order
        self.payments: list[Row] = []
        self.refunds: list[Row] = []
        self.shipments: list[Row] = []
        self.shipment_lines: list[Row] = []
        self.events: list[Row] = []
        if order.status == "draft":
            self._event("draft_created", "staff")
        else:
            self._event("placed", "customer", order.total)
            getattr(self, f"_{order.status}")()

    def _pending(self) -> None:
        self._maybe_fail_payment()
        if self._draws.chance(700):
            self._pay(self._draws.pick(_METHODS), self._order.total, captured=False)

    def _paid(self) -> None:
        self._maybe_fail_payment()
        total = self._order.total
        if total > 2000 and self._draws.chance(25):
            voucher = self._draws.between(1, total // 2)
            self._pay("gift_card", voucher, captured=True)
            total -= voucher
        self._pay(self._draws.pick(_METHODS), total, captured=True)

    def _partially_shipped(self) -> None:
        self._paid()
        first, _ = self._halves()
        self._ship(first, delivered=self._draws.chance(500))

    def _shipped(self) -> None:
        self._paid()
        self._ship(self._order.pieces, delivered=False)

    def _delivered(self) -> None:
        self._paid()
        first, second = self._halves()
        if self._order.chance < _SENT_AGAIN:
            self._ship(self._order.pieces, delivered=False, lost=True)
            self._ship(self._order.pieces, delivered=True, replaces=self.shipments[0][2])
        elif self._order.chance < _IN_TWO and second:
            self._ship(first, delivered=True)
            self._ship(second, delivered=True)
        else:
            self._ship(self._order.pieces, delivered=True)
        if self._draws.chance(40):
            self._refund(self._draws.pick(_REASONS), whole=False)

    def _refunded(self) -> None:
        self._paid()
        if self._draws.chance(800):
            self._ship(self._order.pieces, delivered=True)
        self._refund(self._draws.pick(_REASONS), whole=True)

    def _cancelled(self) -> None:
        if self._draws.chance(600):
            if self._draws.chance(500):
                self._pay(self._draws.pick(_METHODS), self._order.total, captured=False)
                self._void()
            self._advance(30)
            self._event("cancelled", "customer")
        else:
            self._paid()
            self._advance(30)
            self._event("cancelled", "customer")
            self._refund("cancelled", whole=True)

    @property
    def end(self) -> datetime:
        """The end of the data."""
        return self._order.end

    def by_staff(self, at: datetime, kind: str, amount: int, note: str, other_than: str | None = None) -> str:
        """Add an event by one of the staff, who is returned."""
        self.at = at
        self._event(kind, "staff", amount, note)
        made_by: str = self.events[-1][8]
        if made_by == other_than:
            made_by = STAFF[STAFF.index(made_by) - 1]
            self.events[-1] = (*self.events[-1][:8], made_by)
        return made_by

    def refund_part(self, amount: int, reason: str, note: str, request: UUID) -> bool:
        """Refund a part of the last payment; False if it does not have as much."""
        payment = self.payments[-1]
        if payment[7] - payment[8] < amount:
            return False
        self._advance(24 * 12)
        order = self._order
        identifier = self._draws.identifier(int(self.at.timestamp() * 1000))
        self.payments[-1] = (*payment[:8], payment[8] + amount, *payment[9:12], payment[12] + 1)
        self.refunds.append(
            (
                order.tenant, order.id, identifier, payment[2], "succeeded", order.currency, amount, reason, note,
                self.at, request,
            )
        )  # fmt: skip
        self._event("refunded", "staff", amount, note)
        return True

    def _event(self, kind: str, actor: str, amount: int | None = None, note: str | None = None) -> None:
        order = self._order
        made_by = self._draws.pick(STAFF) if actor == "staff" else None
        self.events.append((order.tenant, order.id, len(self.events) + 1, self.at, kind, actor, amount, note, made_by))

    def _maybe_fail_payment(self) -> None:
        if self._draws.chance(50):
            self._payment(self._draws.pick(_METHODS), "failed", self._order.total, 0, self._draws.pick(_FAILURES))
            self._event("payment_failed", "system", self._order.total)

    def _pay(self, method: str, amount: int, *, captured: bool) -> None:
        if amount == 0:
            return
        self._advance(1)
        self._payment(method, "captured" if captured else "authorized", amount, amount if captured else 0, None)
        self._event("payment_captured" if captured else "payment_authorized", "system", amount)

    def _payment(self, method: str, status: str, amount: int, captured: int, failure: str | None) -> None:
        order = self._order
        identifier = self._draws.identifier(int(self.at.timestamp() * 1000))
        captured_at = self.at if captured else None
        self.payments.append(
            (
                order.tenant, order.id, identifier, method, status, order.currency, amount, captured, 0, failure,
                self.at, captured_at, 1,
            )
        )  # fmt: skip

    def _void(self) -> None:
        payment = self.payments[-1]
        self.payments[-1] = (*payment[:4], "voided", *payment[5:12], payment[12] + 1)
        self._event("payment_voided", "system", payment[6])

    def _halves(self) -> tuple[dict[str, int], dict[str, int]]:
        """One piece of the first product, and the others."""
        sku = next(iter(self._order.pieces))
        rest = {**self._order.pieces, sku: self._order.pieces[sku] - 1}
        return {sku: 1}, {sku: count for sku, count in rest.items() if count}

    def _ship(self, pieces: dict[str, int], *, delivered: bool, lost: bool = False, replaces: object = None) -> None:
        order, draws = self._order, self._draws
        self._advance(36)
        shipped_at = self.at
        lost = lost or (not delivered and order.end - shipped_at > timedelta(days=20))
        carrier = draws.pick(CARRIERS[order.region])
        tracking = TRACKING_NUMBERS[carrier].format(draws.below(10**9))
        identifier = draws.identifier(int(shipped_at.timestamp() * 1000))
        expected = (shipped_at + timedelta(days=draws.between(2, 7))).date()
        self._event("shipped", "staff")
        if lost and order.status != "shipped":
            self._advance(120)
            self._event("tracking_changed", "staff", None, f"Parcel with {carrier}: in_transit to lost")
        if delivered:
            self._advance(120)
            self._event("delivered", "system")
        status = "delivered" if delivered else "lost" if lost else "in_transit"
        self.shipments.append(
            (
                order.tenant, order.id, identifier, status, carrier, tracking, shipped_at, expected,
                self.at if delivered else None, 1, replaces, None,
            )
        )  # fmt: skip
        self.shipment_lines += [(order.tenant, order.id, identifier, sku, count) for sku, count in pieces.items()]

    def _refund(self, reason: str, *, whole: bool) -> None:
        """Refund all captured payments fully, or the last one partly."""
        order = self._order
        self._advance(24 * 12)
        for position, payment in enumerate(self.payments):
            captured = payment[7]
            amount = captured if whole else self._draws.between(1, captured) if captured else 0
            if amount == 0 or not (whole or position == len(self.payments) - 1):
                continue
            self.payments[position] = (*payment[:8], amount, *payment[9:12], payment[12] + 1)
            identifier = self._draws.identifier(int(self.at.timestamp() * 1000))
            note = self._draws.pick(REFUND_NOTES) if self._draws.chance(300) else None
            self.refunds.append(
                (
                    order.tenant,
                    order.id,
                    identifier,
                    payment[2],
                    "succeeded",
                    order.currency,
                    amount,
                    reason,
                    note,
                    self.at,
                    None,
                )
            )
            self._event("refunded", "staff", amount, note)

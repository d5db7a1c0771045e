"""Whether a refund needs the approval of a second person, by the policy of the caller's client."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orders_mcp.models.money import display
from orders_mcp.models.orders import Order
from servicekit.core import RefundAllowance, current_caller

REFUND_WINDOW_DAYS: Final = 30
"""Days after delivery in which a refund needs no approval, where the policy says nothing."""


@dataclass(frozen=True, slots=True)
class RefundLimits:
    """What a caller may refund without approval: whatever any of `allowances` allows.

    Attributes:
        allowances: those whose scope the caller has; None where the policy says nothing.
    """

    allowances: tuple[RefundAllowance, ...] | None = None


def limits_of_caller() -> RefundLimits:
    """The limits of the caller of the call in progress."""
    caller = current_caller()
    if (refunds := caller.allowances.refunds) is None:
        return RefundLimits()
    return RefundLimits(tuple(one for one in refunds if one.scope in caller.scopes))


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether a refund needs approval.

    Attributes:
        reasons: why, as sentences; none where it needs none.
        words: for a person: the reasons, or what the refund is within.
    """

    reasons: tuple[str, ...]
    words: str

    @property
    def needed(self) -> bool:
        return bool(self.reasons)


def window_start(order: Order) -> datetime:
    """The moment from which days count: the last delivery, or placing where nothing was delivered."""
    delivered = (shipment.delivered_at for shipment in order.shipments if shipment.delivered_at)
    return max(delivered, default=order.placed_at)


def refunded_without_approval(order: Order) -> int:
    """What was refunded of an order so far and no second person approved, in minor units.

    It counts against the limit, so that a large refund cannot be made in small parts.
    """
    refunded = sum(payment.refunded.amount_minor for payment in order.payments)
    approved = sum(
        request.amount.amount_minor
        for request in order.refund_requests
        if request.status == "refunded" and request.decided_by is not None
    )
    return refunded - approved


def approval_of(order: Order, amount: int, limits: RefundLimits, now: datetime) -> Approval:
    """Whether refunding `amount` minor units of the order needs approval at `now`."""
    currency, start, earlier = order.total.currency, window_start(order), refunded_without_approval(order)
    allowances = limits.allowances
    if allowances is None:
        allowances = (RefundAllowance(scope="any", days=REFUND_WINDOW_DAYS),)
    if not allowances:
        words = "The policy of your client allows no refund without approval."
        return Approval((words,), words)
    in_time = [one for one in allowances if now <= start + timedelta(days=one.days)]
    fitting = [one for one in in_time if _admits(one, currency, earlier + amount)]
    days = max(one.days for one in fitting or in_time or allowances)
    window = f"{days}-day refund window"
    ends = (start + timedelta(days=days)).date()
    most = _most(fitting or in_time or allowances, currency)
    if fitting:
        limit = "" if most is None else f", and within your limit of {display(most, currency)} for one order"
        return Approval((), f"Within the {window}, which ends on {ends}{limit}.")
    reasons = [] if in_time else [f"The {window} ended on {ends}."]
    if most == 0:
        reasons.append(f"The policy of your client allows no refund in {currency} without approval.")
    elif most is not None and earlier + amount > most:
        before = f", of which {display(earlier, currency)} were refunded before" if earlier else ""
        reasons.append(f"You may refund {display(most, currency)} of one order without approval{before}.")
    return Approval(tuple(reasons), " ".join(reasons))


def _admits(allowance: RefundAllowance, currency: str, amount: int) -> bool:
    return allowance.amounts is None or amount <= allowance.amounts.get(currency, 0)


def _most(allowances: Collection[RefundAllowance], currency: str) -> int | None:
    """The largest amount that one of them allows; None for any."""
    amounts = [None if one.amounts is None else one.amounts.get(currency, 0) for one in allowances]
    return None if None in amounts else max(amount for amount in amounts if amount is not None)

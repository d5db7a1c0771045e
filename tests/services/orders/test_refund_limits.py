"""When a refund needs a second person: the window, the limits of the policy, and what was refunded before."""

from datetime import timedelta

import pytest

from orders_mcp.models.orders import Order
from orders_mcp.models.refund_decisions import RefundDecision, RefundWish, decide_refund
from orders_mcp.models.refund_limits import RefundLimits
from orders_mcp.models.refund_policy import refund_policy
from orders_mcp.models.refunds import refund_preview, refund_quote
from servicekit.core import RefundAllowance

from .refund_orders import PLACED, money, order, payment, refunded

CLERK = RefundAllowance(scope="orders:write", amounts={"EUR": 20000, "JPY": 300}, days=30)
MANAGER = RefundAllowance(scope="orders:approve", amounts={"EUR": 50000}, days=90)
LATE = RefundAllowance(scope="orders:late", amounts={"EUR": 1000}, days=365)


def decide(it: Order, amount: int | None = None, *allowances: RefundAllowance, days: float = 0) -> RefundDecision:
    limits = RefundLimits(allowances)
    return decide_refund(it, RefundWish(amount_minor=amount), limits, PLACED + timedelta(days=days))


def delivered(total: int = 100000) -> Order:
    return order("delivered", payment(total), delivered_at=PLACED)


def test_without_a_policy_days_count_and_no_amount() -> None:
    arrived = PLACED + timedelta(days=5)
    it = order("delivered", payment(100), delivered_at=arrived)
    for now, needed in ((arrived + timedelta(days=30), False), (arrived + timedelta(days=30, seconds=1), True)):
        assert decide_refund(it, RefundWish(), RefundLimits(), now).approval.needed == needed
    undelivered = order("paid", payment(100))
    for days, needed in ((30, False), (31, True)):
        now = PLACED + timedelta(days=days)
        assert decide_refund(undelivered, RefundWish(), RefundLimits(), now).approval.needed == needed


@pytest.mark.parametrize(
    ("amount", "allowances", "days", "needed"),
    [
        (20000, (CLERK,), 0, False),
        (20001, (CLERK,), 0, True),
        (20001, (CLERK, MANAGER), 0, False),
        (50001, (CLERK, MANAGER), 0, True),
        (100, (CLERK,), 31, True),
        (100, (CLERK, MANAGER), 31, False),
        (20000, (MANAGER, LATE), 91, True),  # a wide window with a small amount, and the other way around
        (1000, (MANAGER, LATE), 91, False),
        (1, (), 0, True),
        (10**5, (RefundAllowance(scope="x"),), 0, False),
        (1, (RefundAllowance(scope="x", amounts={"USD": 5}),), 0, True),
        (1, (RefundAllowance(scope="x", amounts={}),), 0, True),
        (1, (RefundAllowance(scope="x", days=0),), 0.001, True),
    ],
)
def test_a_refund_within_any_allowance_needs_no_approval(
    amount: int, allowances: tuple[RefundAllowance, ...], days: float, needed: bool
) -> None:
    assert decide(delivered(), amount, *allowances, days=days).approval.needed == needed


def test_small_refunds_do_not_add_up_to_more_than_the_limit() -> None:
    it = refunded(decide(delivered(), 15000, CLERK))
    decision = decide(it, 6000, CLERK)
    assert decision.approval.reasons == (
        "You may refund 200.00 EUR of one order without approval, of which 150.00 EUR were refunded before.",
    )
    assert not decide(it, 5000, CLERK).approval.needed


def test_refunds_that_were_approved_do_not_use_up_the_limit() -> None:
    it = refunded(decide(delivered(), 60000, CLERK), approved_by="boss")
    assert not decide(it, 20000, CLERK).approval.needed
    assert decide(it, 20001, CLERK).approval.needed


def test_every_reason_is_given() -> None:
    reasons = decide(delivered(), 30000, CLERK, days=40).approval.reasons
    assert reasons == (
        "The 30-day refund window ended on 2026-01-31.",
        "You may refund 200.00 EUR of one order without approval.",
    )
    assert decide(delivered(), 1).approval.words == "The policy of your client allows no refund without approval."
    kwd = order("paid", payment(5, currency="KWD"), currency="KWD")
    assert decide(kwd, 1, CLERK).approval.words == "The policy of your client allows no refund in KWD without approval."


@pytest.mark.parametrize("days", [0, 31])
@pytest.mark.parametrize("amount", [None, 100, 30000])
def test_quote_and_preview_say_the_same(amount: int | None, days: int) -> None:
    decision = decide(delivered(), amount, CLERK, days=days)
    quote, preview = refund_quote(decision), refund_preview(decision, "damaged")
    same = set(type(preview).model_fields) & set(type(quote).model_fields)
    assert {"needs_approval", "explanation", "amount", "parts", "status_after", "refundable_after"} <= same
    for name in same:
        assert getattr(preview, name) == getattr(quote, name), name
    assert quote.explanation in preview.effect
    needed = decision.approval.needed
    assert preview.effect.startswith("Requests a refund" if needed else "Permanently refunds")
    assert ("No money moves" in preview.effect) == needed == preview.needs_approval
    assert (quote.refundable_after == quote.refundable) == needed
    assert quote.status_after == ("refunded" if amount is None and not needed else "delivered")


def test_a_quote_of_nothing_is_not_possible() -> None:
    for it in (order("paid", payment(100, 100)), order("pending", payment(0, authorized=5))):
        quote = refund_quote(decide(it))
        assert (quote.possible, quote.needs_approval, quote.amount) == (False, False, money(0))
        assert "Nothing can be refunded" in quote.explanation


def test_the_policy_says_the_limits_of_its_reader() -> None:
    assert refund_policy(RefundLimits()).endswith("- Any amount, within 30 days.\n")
    assert refund_policy(RefundLimits(())).endswith("- Nothing: every refund needs approval.\n")
    text = refund_policy(RefundLimits((CLERK, MANAGER)))
    assert text.endswith(
        "- Up to 200.00 EUR, 300 JPY of one order, and no other currency, within 30 days.\n"
        "- Up to 500.00 EUR of one order, and no other currency, within 90 days.\n"
    )

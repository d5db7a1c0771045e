"""Notes, addresses, cancellations and refunds: effects, previews and refusals."""

from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.money import display
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of


async def events_after(client: Client, order: dict[str, Any], sequence: int) -> list[dict[str, Any]]:
    found = (await call(client, "get_order_timeline", order_id=order["id"]))["items"]
    assert [event["sequence"] for event in found] == list(range(1, len(found) + 1))
    return [event for event in found if event["sequence"] > sequence]


async def last_event(client: Client, order: dict[str, Any]) -> int:
    sequence: int = (await call(client, "get_order_timeline", order_id=order["id"]))["items"][-1]["sequence"]
    return sequence


async def test_notes_are_replaced_and_cleared(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")
    seen = await last_event(clerk, order)
    changed = await call(
        clerk, "update_order_notes", order_id=order["number"], notes="Ring twice ![x](http://evil.example)"
    )
    assert changed["version"] == order["version"] + 1
    now = await call(clerk, "get_order", order_id=order["id"])
    assert now["notes"] == changed["notes"]
    assert now["notes"].startswith('<user_content source="staff">Ring twice')
    assert "](" not in now["notes"]
    assert now["updated_at"] > order["updated_at"]
    for unclear in ({}, {"notes": "  "}, {"notes": None}, {"notes": "Called", "remove": True}):
        text = await refusal(clerk, "update_order_notes", order_id=order["number"], **unclear)
        assert "Give one of edits, notes and remove" in text
    await call(clerk, "update_order_notes", order_id=order["number"], remove=True)
    assert "notes" not in await call(clerk, "get_order", order_id=order["id"])
    events = await events_after(clerk, order, seen)
    assert [(event["kind"], event["actor"], event.get("note")) for event in events] == [
        ("note_changed", "staff", None)
    ] * 2
    assert "notes" in await refusal(clerk, "update_order_notes", order_id=order["id"], notes="x" * 2001)


async def test_part_of_the_notes_is_changed(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")

    async def edited(old: str, new: str) -> str | None:
        edits = [{"old": old, "new": new}]
        changed = await call(clerk, "update_order_notes", order_id=order["number"], edits=edits)
        text: str | None = changed.get("notes")
        return text

    await call(clerk, "update_order_notes", order_id=order["number"], notes="Ring twice.\r\nLeave <b>left\u200b</b>.")
    assert await edited("twice", "once") == fenced("Ring once.\r\nLeave <b>left⟦U+200B⟧</b>.")
    assert await edited("left⟦U+200B⟧", "it\nright") == fenced("Ring once.\r\nLeave <b>it\r\nright</b>.")
    for old, new, words in (
        ("twice", "", "does not occur"),
        ("e", "", "more than once"),
        ("once", "x" * 2000, "more than 2000"),
    ):
        asked = {"order_id": order["number"], "edits": [{"old": old, "new": new}]}
        assert words in await refusal(clerk, "update_order_notes", **asked)
    assert await edited("Ring once.\nLeave <b>it\nright</b>.", " ") is None


def fenced(text: str) -> str:
    return f'<user_content source="staff">{text}</user_content>'


async def test_address_change_affects_one_order(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    customer = await call(clerk, "get_customer", customer_id=order["customer_id"])
    where = "Ann Elsewhere, Quay 5, 1234 AB Town"
    changed = await call(clerk, "update_shipping_address", order_id=order["id"], shipping_address=where)
    now = await call(clerk, "get_order", order_id=order["id"])
    assert (
        now["shipping_address"] == changed["shipping_address"] == f'<user_content source="staff">{where}</user_content>'
    )
    assert (changed["version"], now["version"]) == (order["version"] + 1,) * 2
    assert await call(clerk, "get_customer", customer_id=order["customer_id"]) == customer
    assert "shipping_address" in await refusal(
        clerk, "update_shipping_address", order_id=order["id"], shipping_address="short"
    )


async def with_payment(client: Client, status: str, payment_status: str) -> dict[str, Any]:
    """An order of one status with a payment of another status."""
    for place in range(20):
        order = await one_of(client, status, place)
        if any(payment["status"] == payment_status for payment in order["payments"]):
            return order
    raise AssertionError(f"no {status} order has a payment that is {payment_status}")


@pytest.mark.parametrize(("status", "payment"), [("pending", "authorized"), ("paid", "captured")])
async def test_cancellation_matches_its_preview(clerk: Client, status: str, payment: str) -> None:
    order = await with_payment(clerk, status, payment)
    quote = await call(clerk, "quote_cancellation", order_id=order["id"])
    seen = await last_event(clerk, order)
    shown, code = await preview(clerk, "cancel_order", order_id=order["number"], reason="Ordered twice <b>")
    assert await call(clerk, "get_order", order_id=order["id"]) == order, "a preview changes nothing"
    assert (shown["voided"], shown["refunded"], shown["version"]) == (
        quote["voided"],
        quote["refunded"],
        order["version"],
    )
    for words in (order["number"], display(**shown["voided"]), display(**shown["refunded"]), "Permanently"):
        assert words in shown["effect"]
    assert shown["shown"]["reason"].startswith("Ordered twice ")
    result = await call(clerk, "orders_confirm_action", code=code)
    now = await call(clerk, "get_order", order_id=order["id"])
    assert (
        (now["status"], now["version"])
        == (shown["status_after"], order["version"] + 1)
        == ("cancelled", result["version"])
    )
    assert (result["voided"], result["refunded"]) == (shown["voided"], shown["refunded"])
    assert now["cancellation_reason"] == result["cancellation_reason"]
    assert "Ordered twice <b>" in now["cancellation_reason"]
    before = {one["id"]: one for one in order["payments"]}
    for one in now["payments"]:
        assert one["refunded"] == one["captured"]
        assert one["status"] == (
            "voided" if before[one["id"]]["status"] == "authorized" else before[one["id"]]["status"]
        )
    voided = sum(one["amount"]["amount_minor"] for one in before.values() if one["status"] == "authorized")
    assert voided == shown["voided"]["amount_minor"]
    refunds = now["refunds"][len(order["refunds"]) :]
    assert sum(one["amount"]["amount_minor"] for one in refunds) == shown["refunded"]["amount_minor"]
    assert all((one["reason"], one["status"]) == ("cancelled", "succeeded") for one in refunds)
    kinds = [event["kind"] for event in await events_after(clerk, order, seen)]
    assert kinds == (
        ["payment_voided", "cancelled"] if status == "pending" else ["cancelled", *["refunded"] * len(refunds)]
    )
    assert (shown["voided"]["amount_minor"] > 0) == (status == "pending")
    assert (shown["refunded"]["amount_minor"] > 0) == (status == "paid")


async def untouched(client: Client, status: str) -> dict[str, Any]:
    """An order without refunds."""
    for place in range(20):
        order = await one_of(client, status, place)
        if not order["refunds"]:
            return order
    raise AssertionError(f"every {status} order has a refund")


@pytest.mark.parametrize("status", ["paid", "shipped", "delivered"])
async def test_refund_matches_its_preview(clerk: Client, status: str) -> None:
    order = await untouched(clerk, status)
    total = order["total"]["amount_minor"]
    seen = await last_event(clerk, order)
    asked: dict[str, Any] = {"order_id": order["id"], "reason": "damaged", "note": "A corner"}
    for amount, left, after in ((total // 3, total - total // 3, status), (None, 0, "refunded")):
        before = await call(clerk, "get_order", order_id=order["id"])
        limited = asked if amount is None else {**asked, "amount_minor": amount}
        quoted = {"order_id": order["id"]} if amount is None else {"order_id": order["id"], "amount_minor": amount}
        quote = await call(clerk, "quote_refund", **quoted)
        shown, code = await preview(clerk, "issue_refund", **limited)
        assert await call(clerk, "get_order", order_id=order["id"]) == before, "a preview changes nothing"
        assert (shown["amount"], shown["status_after"], shown["version"]) == (
            quote["amount"],
            quote["status_after"],
            before["version"],
        )
        for words in (
            order["number"],
            display(**shown["amount"]),
            display(**shown["refundable_after"]),
            "damaged",
            after,
        ):
            assert words in shown["effect"]
        result = await call(clerk, "orders_confirm_action", code=code)
        now = await call(clerk, "get_order", order_id=order["id"])
        assert now["status"] == shown["status_after"] == after
        assert result["refundable"] == shown["refundable_after"]
        assert (result["amount"], result["refundable"]["amount_minor"]) == (shown["amount"], left)
        assert now["version"] == before["version"] + 1 == result["version"]
        money = await call(clerk, "get_payment_status", order_id=order["id"])
        assert money["refunded"]["amount_minor"] == total - left
        assert sum(one["amount"]["amount_minor"] for one in now["refunds"]) == total - left
    assert all(one["reason"] == "damaged" and "A corner" in one["note"] for one in now["refunds"])
    events = await events_after(clerk, order, seen)
    assert {(event["kind"], event["actor"]) for event in events} == {("refunded", "staff")}
    assert sum(event["amount"]["amount_minor"] for event in events) == total
    text = await refusal(clerk, "issue_refund", **asked, idempotency_key=str(uuid4()))
    assert "Nothing can be refunded: no captured amount is left" in text


async def test_refund_is_split_over_payments_newest_first(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        order_id = await connection.fetchval(
            "SELECT order_id FROM orders.payments WHERE status = 'captured' AND refunded_minor = 0 "
            "GROUP BY order_id HAVING count(*) = 2 LIMIT 1"
        )
    order = await call(clerk, "get_order", order_id=str(order_id))
    card, newest = (payment for payment in order["payments"] if payment["status"] == "captured")
    amount = newest["captured"]["amount_minor"] + 1
    shown, code = await preview(clerk, "issue_refund", order_id=str(order_id), reason="goodwill", amount_minor=amount)
    assert f"to {newest['method'].replace('_', ' ')}" in shown["effect"]
    assert "to gift card" in shown["effect"]
    await call(clerk, "orders_confirm_action", code=code)
    refunds = {
        one["payment_id"]: one["amount"]["amount_minor"]
        for one in (await call(clerk, "get_order", order_id=str(order_id)))["refunds"]
    }
    assert refunds == {newest["id"]: newest["captured"]["amount_minor"], card["id"]: 1}


async def test_excessive_refund_is_refused_before_confirmation(refused_clerk: Client) -> None:
    order = await untouched(refused_clerk, "delivered")
    too_much = order["total"]["amount_minor"] + 1
    text = await refusal(
        refused_clerk,
        "issue_refund",
        order_id=order["id"],
        reason="damaged",
        amount_minor=too_much,
        idempotency_key=str(uuid4()),
    )
    assert text == (
        f"amount_minor is too high: only {display(**order['total'])} of order {order['number']} can be refunded. "
        f"Give {too_much - 1} or less."
    )


async def test_confirmation_of_a_stale_preview_is_refused(clerk: Client) -> None:
    order = await untouched(clerk, "delivered")
    asked = {"order_id": order["id"], "reason": "damaged", "amount_minor": 1}
    _, code = await preview(clerk, "issue_refund", **asked)
    await confirmed(clerk, "issue_refund", **{**asked, "amount_minor": 2})
    assert "changed since" in await refusal(clerk, "orders_confirm_action", code=code)
    money = await call(clerk, "get_payment_status", order_id=order["id"])
    assert money["refunded"]["amount_minor"] == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("cancel_order", {"reason": "   "}, "reason"),
        ("cancel_order", {"reason": "x" * 501}, "reason"),
        ("cancel_order", {}, "reason: is required"),
        ("issue_refund", {"reason": "because"}, "reason"),
        ("issue_refund", {"reason": "damaged", "amount_minor": 0}, "amount_minor"),
        ("issue_refund", {"reason": "damaged", "amount_minor": -5}, "amount_minor"),
        ("issue_refund", {"reason": "damaged", "note": "x" * 1001}, "note"),
    ],
)
async def test_invalid_arguments_are_refused(
    refused_clerk: Client, tool: str, arguments: dict[str, Any], words: str
) -> None:
    order = await one_of(refused_clerk, "paid")
    text = await refusal(refused_clerk, tool, order_id=order["id"], idempotency_key=str(uuid4()), **arguments)
    assert words in text
    assert await call(refused_clerk, "get_order", order_id=order["id"]) == order


@pytest.mark.parametrize("lines", ["", " ", "null", {}, [], [""], [{}]])
async def test_no_pieces_are_not_every_piece(refused_clerk: Client, lines: Any) -> None:
    order = await one_of(refused_clerk, "delivered")
    assert "lines" in await refusal(refused_clerk, "quote_refund", order_id=order["id"], lines=lines)


@pytest.mark.parametrize("amount", ["", " ", 0, [], {}])
async def test_no_amount_is_not_everything(refused_clerk: Client, amount: Any) -> None:
    order = await one_of(refused_clerk, "delivered")
    assert "amount_minor" in await refusal(refused_clerk, "quote_refund", order_id=order["id"], amount_minor=amount)

"""Placing drafts: exact totals, reserved stock, pending payment, and no card numbers."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.card_numbers import has_card_number
from orders_mcp.models.money import display
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of, stock_of

AMOUNTS = ("subtotal", "discount", "shipping_fee", "tax", "total")


async def drafted(client: Client, quantity: int = 1, sku: str = "LMP-0001", **arguments: Any) -> dict[str, Any]:
    """A new draft of one line."""
    customer = (await one_of(client, "delivered"))["customer_email"]
    items = [{"sku": sku, "quantity": quantity}]
    return await call(client, "create_draft_order", customer_id=customer, items=items, **arguments)


async def free(client: Client, sku: str = "LMP-0001") -> int:
    """Pieces that no order has reserved."""
    pieces: int = (await stock_of(client, sku))["available"]
    return pieces


async def test_preview_has_the_total_with_tax_and_shipping(clerk: Client) -> None:
    drawn = await drafted(clerk, 2)
    given = {"discount_percent": 10, "discount_reason": "Late delivery last time"}
    made = await call(clerk, "update_draft_order", order_id=drawn["number"], **given)
    shown, code = await preview(clerk, "place_order", order_id=made["number"])
    assert {name: shown[name] for name in AMOUNTS} == {name: made[name] for name in AMOUNTS}
    for name in ("subtotal", "shipping_fee", "tax", "total"):
        assert display(**made[name]) in shown["effect"]
    assert f"discount -{display(**made['discount'])}" in shown["effect"]
    assert "2 LMP-0001" in shown["effect"]
    assert shown["shown"]["shipping_address"] in made["shipping_address"]
    assert (await call(clerk, "get_order", order_id=made["number"]))["status"] == "draft"
    await call(clerk, "orders_confirm_action", code=code)
    order = await call(clerk, "get_order", order_id=made["number"])
    assert {name: order[name] for name in AMOUNTS} == {name: made[name] for name in AMOUNTS}


async def test_placed_order_is_pending_and_reserves_its_pieces(clerk: Client) -> None:
    before = await free(clerk)
    made = await drafted(clerk, 3)
    assert await free(clerk) == before
    placed = await confirmed(clerk, "place_order", order_id=made["number"])
    assert (placed["status"], placed["total"]) == ("pending", made["total"])
    assert placed["stock"] == [{"sku": "LMP-0001", "needed": 3, "available_to_order": before, "reserved": 3}]
    assert await free(clerk) == before - 3
    order = await call(clerk, "get_order", order_id=made["number"])
    assert (order["payments"], order["items"][0]["reserved"]) == ([], 3)
    paid = await call(clerk, "get_payment_status", order_id=made["number"])
    assert paid["outstanding"] == made["total"]
    timeline = (await call(clerk, "get_order_timeline", order_id=made["number"]))["items"]
    assert [(event["kind"], event.get("amount")) for event in timeline] == [
        ("draft_created", None),
        ("placed", made["total"]),
    ]


async def test_reservation_of_a_draft_is_kept(clerk: Client) -> None:
    before = await free(clerk)
    made = await drafted(clerk, before, reserve=True)
    assert await free(clerk) == 0
    await confirmed(clerk, "place_order", order_id=made["number"])
    assert await free(clerk) == 0
    await confirmed(clerk, "cancel_order", order_id=made["number"], reason="A mistake")
    assert await free(clerk) == before


async def test_stock_is_checked_again(clerk: Client) -> None:
    before = await free(clerk)
    first, second = await drafted(clerk, before), await drafted(clerk, 1)
    _, code = await preview(clerk, "place_order", order_id=first["number"])
    await confirmed(clerk, "place_order", order_id=second["number"])
    result = await clerk.call_tool("orders_confirm_action", {"code": code})
    assert result.is_error
    text = await refusal(clerk, "place_order", order_id=first["number"], idempotency_key=str(uuid4()))
    assert f"Not enough LMP-0001 ({before} needed, {before - 1} available) for order {first['number']}." in text
    assert await free(clerk) == before - 1


async def test_older_draft_gets_the_amounts_of_the_day(clerk: Client, own: DatabaseUrls) -> None:
    made = await drafted(clerk)
    async with owner_of(own) as connection:
        await connection.execute(
            """UPDATE orders.orders SET shipping_fee_minor = 0, tax_minor = 0, price_list = NULL,
                total_minor = subtotal_minor, placed_at = now() - interval '9 days' WHERE number = $1""",
            made["number"],
        )
    shown, code = await preview(clerk, "place_order", order_id=made["number"])
    assert f"The draft said {display(**made['subtotal'])}." in shown["effect"]
    assert shown["total"] == made["total"]
    await call(clerk, "orders_confirm_action", code=code)
    order = await call(clerk, "get_order", order_id=made["number"])
    assert (order["total"], order["placed_at"][:10]) == (made["total"], order["updated_at"][:10])


async def test_like_order_is_in_the_preview(clerk: Client) -> None:
    first, second = await drafted(clerk), await drafted(clerk, 2)
    shown, _ = await preview(clerk, "place_order", order_id=second["number"])
    assert [order["number"] for order in shown["like_orders"]] == [first["number"]]
    assert first["number"] in shown["effect"]


async def test_no_order_is_placed_with_a_card_number(clerk: Client, own: DatabaseUrls) -> None:
    made = await drafted(clerk)
    async with owner_of(own) as connection:
        await connection.execute(
            "UPDATE orders.orders SET notes = 'VISA 4111-1111-1111-1111' WHERE number = $1", made["number"]
        )
    text = await refusal(clerk, "place_order", order_id=made["number"], idempotency_key=str(uuid4()))
    assert "notes contains the number of a payment card" in text
    assert "4111" not in text


CARD = "4111 1111 1111 1111"
STORED_TEXTS: list[tuple[str, str, dict[str, Any]]] = [
    ("update_order_notes", "notes", {}),
    ("update_shipping_address", "shipping_address", {}),
    ("cancel_order", "reason", {}),
    ("issue_refund", "note", {"reason": "goodwill", "amount_minor": 1}),
    ("request_return", "note", {"reason": "other"}),
    ("update_return", "note", {"return_id": "ORD-00000001", "status": "received"}),
    ("decline_refund", "reason", {"refund_id": "ORD-00000001"}),
    ("adjust_inventory", "note", {"sku": "LMP-0001", "location": "ams-1", "change": 1, "reason": "counted"}),
]


async def test_no_text_with_a_card_number_is_stored(service: Service) -> None:
    who = caller("orders:read", "orders:write", "orders:approve", tenant="acme")
    async with connect(service, who) as client:
        for tool, argument, others in STORED_TEXTS:
            about = {} if {"return_id", "refund_id", "sku"} & others.keys() else {"order_id": "ORD-00000001"}
            arguments = {**about, **others, argument: f"Refund to {CARD}", "idempotency_key": str(uuid4())}
            text = await refusal(client, tool, **arguments)
            assert f"{argument}: contains the number of a payment card" in text
            assert CARD not in text


async def test_edits_of_notes_make_no_card_number(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    await call(clerk, "update_order_notes", order_id=order["id"], notes="4111 1111 and 1111")
    edits = [{"old": " and ", "new": " 1111 "}]
    text = await refusal(clerk, "update_order_notes", order_id=order["id"], edits=edits)
    assert "notes contains the number of a payment card" in text


def with_check_digit(digits: str) -> str:
    """The digits and the one that makes their Luhn sum a multiple of 10."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


CARDS = st.one_of(
    *(
        st.text("0123456789", min_size=length - len(start) - 1, max_size=length - len(start) - 1).map(
            lambda rest, start=start: with_check_digit(start + rest)
        )
        for start, length in (("4", 13), ("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("62", 19))
    )
)


GAPS = st.sampled_from(["", " ", "-", ".", "  ", "/", "_", " – ", "\u200b", "·", ")("])


@given(CARDS, GAPS, st.sampled_from(["card:", "Nr ", "(", "0170 ", ""]), st.data())
def test_card_numbers_are_found_in_any_grouping(number: str, gap: str, before: str, data: st.DataObject) -> None:
    size = data.draw(st.integers(3, 6))
    groups = [number[start : start + size] for start in range(0, len(number), size)]
    assert has_card_number(f"{before}{gap.join(groups)} 12/29")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not has_card_number(f"{before.strip(' 0127')}{gap.join([wrong])}")


@pytest.mark.parametrize(
    "text",
    [
        "Ann Berg, Keizersgracht 44, 1015 CS Amsterdam, +31 20 555 0142",
        "IBAN DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32",
        "Parcel 00340434161094042557",
        "ORD-00004711, ORD-00004712",
        "Away 23/10/2026 - 25/10/2026, 22.11.2026 - 24.11.2026",
        "Call +49 170 12345671, +491701234567, not +49 1520 1234564",
        "",
    ],
)
def test_other_numbers_are_no_card_numbers(text: str) -> None:
    assert not has_card_number(text)


@pytest.mark.parametrize(
    "text", ["４１１１ １１１１ １１１１ １１１１", "٤١١١ ١١١١ ١١١١ ١١١١", "४" + "१" * 15, "+4111 1111 1111 1111"]
)
def test_card_number_in_other_digits_is_found(text: str) -> None:
    assert has_card_number(text)

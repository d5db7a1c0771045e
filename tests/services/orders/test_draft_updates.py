"""Changes of drafts: lines, discount and reservation."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.draft_lines import Discount, DraftItem, OrderTerms, owed
from servicekit.core.allowances import Allowances
from servicekit.server.service import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, confirmed, refusal
from tests.fixtures.databases import owner_of

from .scene import CLERK
from .test_drafts import RETAIL
from .test_placing import AMOUNTS, drafted, free


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 999)), min_size=1, max_size=50),
    st.integers(1, 100),
    st.integers(0, 10_000),
)
def test_discounted_total_is_exact(lines: list[tuple[int, int]], percent: int, tax: int) -> None:
    items = [DraftItem(f"LMP-{place:04d}", "Lamp", pieces, price) for place, (price, pieces) in enumerate(lines)]
    made = owed(items, Discount(percent, "Late delivery"), OrderTerms(RETAIL, tax))
    assert abs(Fraction(made.subtotal * percent, 100) - made.discount) <= Fraction(1, 2)
    taxed = made.subtotal - made.discount + made.shipping_fee
    assert abs(Fraction(taxed * tax, 10_000) - made.tax) <= Fraction(1, 2)
    assert made.total == taxed + made.tax


def lines(order: dict[str, Any]) -> list[tuple[str, int]]:
    return [(item["sku"], item["quantity"]) for item in order["items"]]


async def test_lines_are_added_changed_and_removed(clerk: Client) -> None:
    made = await drafted(clerk, 2)
    added = await call(
        clerk,
        "update_draft_order",
        order_id=made["number"],
        items=[{"sku": "LMP-0002", "quantity": 4}, {"sku": "LMP-0001", "quantity": 1}],
    )
    assert lines(added) == [("LMP-0001", 1), ("LMP-0002", 4)]
    assert added["subtotal"]["amount_minor"] == sum(item["total"]["amount_minor"] for item in added["items"])
    assert added["version"] == made["version"] + 1
    left = await call(clerk, "update_draft_order", order_id=made["number"], items=[{"sku": "LMP-0001", "quantity": 0}])
    assert lines(left) == [("LMP-0002", 4)]
    order = await call(clerk, "get_order", order_id=made["number"])
    assert {name: order[name] for name in AMOUNTS} == {name: left[name] for name in AMOUNTS}
    kinds = [event["kind"] for event in (await call(clerk, "get_order_timeline", order_id=made["number"]))["items"]]
    assert kinds == ["draft_created", "draft_changed", "draft_changed"]


async def test_lines_that_stay_keep_their_price(clerk: Client, own: DatabaseUrls) -> None:
    made = await drafted(clerk)
    async with owner_of(own) as connection:
        await connection.execute("UPDATE orders.prices SET price_minor = price_minor * 2")
    changed = await call(
        clerk,
        "update_draft_order",
        order_id=made["number"],
        items=[{"sku": "LMP-0001", "quantity": 5}, {"sku": "LMP-0002", "quantity": 1}],
    )
    assert changed["items"][0]["unit_price"] == made["items"][0]["unit_price"]
    async with owner_of(own) as connection:
        today = await connection.fetchval(
            "SELECT price_minor FROM orders.prices WHERE sku = 'LMP-0002' AND price_list = $1", made["price_list"]
        )
    assert changed["items"][1]["unit_price"]["amount_minor"] == today


async def test_reservation_follows_the_lines(clerk: Client) -> None:
    before, others = await free(clerk), await free(clerk, "LMP-0002")
    made = await drafted(clerk, 3)
    number = made["number"]
    kept = await call(clerk, "update_draft_order", order_id=number, reserve=True)
    assert kept["stock"] == [{"sku": "LMP-0001", "needed": 3, "available_to_order": before, "reserved": 3}]
    await call(
        clerk,
        "update_draft_order",
        order_id=number,
        items=[{"sku": "LMP-0001", "quantity": 0}, {"sku": "LMP-0002", "quantity": 2}],
    )
    assert (await free(clerk), await free(clerk, "LMP-0002")) == (before, others - 2)
    many = [{"sku": "LMP-0002", "quantity": 999}]
    assert "999 needed" in await refusal(clerk, "update_draft_order", order_id=number, items=many)
    await call(clerk, "update_draft_order", order_id=number, reserve=False)
    assert await free(clerk, "LMP-0002") == others


@pytest.mark.parametrize(("allowed", "most"), [(None, 10), (25, 25), (0, 0)])
async def test_discount_is_within_the_policys_limit(
    own_service: Service, clerk: Client, allowed: int | None, most: int
) -> None:
    draft = await drafted(clerk)
    arguments = {"order_id": draft["number"], "discount_reason": "Late delivery last time"}
    limited = replace(CLERK, allowances=Allowances(discount_percent=allowed))
    async with connect(own_service, limited) as client:
        text = await refusal(client, "update_draft_order", **arguments, discount_percent=most + 1)
        assert (f"allows at most {most} %" if most else "allows no discount") in text
        if not most:
            return
        made = await call(client, "update_draft_order", **arguments, discount_percent=most)
    order = await call(clerk, "get_order", order_id=draft["number"])
    assert order["discount"]["amount_minor"] == (order["subtotal"]["amount_minor"] * most * 2 + 100) // 200
    assert (order["discount_percent"], made["discount_percent"]) == (most, most)
    assert "Late delivery last time" in order["discount_reason"]


async def test_discount_is_set_kept_and_removed(own_service: Service, clerk: Client) -> None:
    made = await drafted(clerk)
    number = made["number"]
    generous = replace(CLERK, allowances=Allowances(discount_percent=30))
    async with connect(own_service, generous) as client:
        given = await call(
            client, "update_draft_order", order_id=number, discount_percent=30, discount_reason="Damaged box"
        )
    assert given["discount"]["amount_minor"] == (given["subtotal"]["amount_minor"] * 60 + 100) // 200
    changed = await call(clerk, "update_draft_order", order_id=number, items=[{"sku": "LMP-0001", "quantity": 2}])
    assert changed["discount_percent"] == 30
    removed = await call(clerk, "update_draft_order", order_id=number, discount_percent=0)
    assert removed["discount"]["amount_minor"] == 0
    assert "discount_percent" not in removed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Nothing to change."),
        ({"items": [{"sku": "LMP-0001", "quantity": 0}]}, "would have no line"),
        ({"items": [{"sku": "LMP-0002", "quantity": 0}]}, "LMP-0002 is not in draft"),
        ({"items": [{"sku": "LMP-0001", "quantity": 1}] * 2}, "2 lines for product LMP-0001"),
        ({"items": [{"sku": "XYZ-0001", "quantity": 1}]}, "There is no product `XYZ-0001`"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "LMP-0001", "quantity": -1}]}, "items.0.quantity"),
        ({"discount_percent": 11, "discount_reason": "Late"}, "allows at most 10 %"),
        ({"discount_percent": 5}, "discount_reason is missing"),
        ({"discount_reason": "Late"}, "came without discount_percent"),
        ({"discount_percent": 101, "discount_reason": "Late"}, "discount_percent"),
        ({"discount_percent": 5, "discount_reason": "4111111111111111"}, "number of a payment card"),
    ],
)
async def test_refused_change_keeps_the_draft(clerk: Client, arguments: dict[str, Any], words: str) -> None:
    made = await drafted(clerk)
    before = await call(clerk, "get_order", order_id=made["number"])
    asked = {"order_id": made["number"], "idempotency_key": str(uuid4()), **arguments}
    assert words in await refusal(clerk, "update_draft_order", **asked)
    assert await call(clerk, "get_order", order_id=made["number"]) == before


async def test_placed_order_is_refused(clerk: Client) -> None:
    made = await drafted(clerk)
    await confirmed(clerk, "place_order", order_id=made["number"])
    text = await refusal(clerk, "update_draft_order", order_id=made["number"], reserve=False)
    assert "is pending" in text
    assert "its lines and discount cannot change" in text

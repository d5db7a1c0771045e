"""Jobs of a shop's day from start to end, each in a few calls. Confirmations are not counted."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.schema.marks import restore
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, records
from tests.fixtures.databases import service_on
from tests.fixtures.jobs import Job

from .scene import one_of, stock_of

POLICY = """---
version: 1
default:
  refunds:
    - {scope: "orders:write", amounts: {EUR: 5000}, days: 3650}
...
"""


@pytest.fixture
async def boss(own: DatabaseUrls, tmp_path: Path) -> AsyncIterator[tuple[Client, Client]]:
    """A clerk who refunds at most 50.00 EUR of an order alone, and another person who may approve."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    service = service_on("orders", own, policy_file=str(policy))
    scopes = ("orders:read", "orders:write")
    ann = caller(*scopes, subject="ann", tenant="acme")
    bob = caller(*scopes, "orders:approve", subject="bob", tenant="acme")
    async with service.running(), connect(service, ann) as clerk, connect(service, bob) as second:
        yield clerk, second


async def an_order(client: Client, status: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The newest order in EUR of that status without refunds or returns that fits."""
    for place in range(60):
        order = await one_of(client, status, place)
        whole = not order["refunds"] and not order["returns"]
        if whole and order["total"]["currency"] == "EUR" and fits(order):
            return order
    raise AssertionError(f"no {status} order fits")


async def test_a_lost_parcel_is_half_refunded_and_replaced(clerk: Client) -> None:
    order = await an_order(
        clerk, "shipped", lambda one: len(one["items"]) > 1 and one["shipments"][0].get("tracking_number")
    )
    kept, refunded = order["items"][:2]
    lost = order["shipments"][0]

    shelves = (await stock_of(clerk, kept["sku"]))["locations"]
    fullest = max(shelves, key=lambda shelf: int(shelf["available"]))["location"]

    job = Job(clerk, most=5)
    (found,) = (await job.call("search_orders", query=lost["tracking_number"]))["items"]
    await job.call("update_tracking", order_id=found["id"], shipment_id=lost["id"], status="lost")
    back = await job.confirm(
        "issue_refund", order_id=found["id"], reason="not_received", lines=[refunded["sku"]], note="Lost by the carrier"
    )
    assert back["outcome"] == "refunded"
    sent = await job.confirm(
        "create_shipment",
        order_id=found["id"],
        carrier="UPS",
        replaces=lost["tracking_number"],
        location=fullest,
        lines=[{"sku": kept["sku"], "quantity": kept["quantity"]}],
    )
    replacement = next(parcel for parcel in sent["shipments"] if parcel.get("replaces"))
    assert (replacement["replaces"], replacement["status"]) == (lost["id"], "in_transit")
    await job.call("update_tracking", order_id=found["id"], shipment_id=replacement["id"], status="delivered")
    after = await call(clerk, "get_order", order_id=order["id"])
    assert {item["sku"]: item.get("refunded", 0) for item in after["items"]}[refunded["sku"]] == refunded["quantity"]


async def test_two_lines_of_three_are_refunded_and_restocked(clerk: Client) -> None:
    order = await an_order(clerk, "delivered", lambda one: len(one["items"]) >= 3)
    skus = [item["sku"] for item in order["items"][:2]]
    job = Job(clerk, most=4)
    quote = await job.call("quote_refund", order_id=order["number"], lines=skus)
    (stock,) = (await job.call("get_inventory", skus=[skus[0]]))["products"]
    shelf = stock["locations"][0]
    done = await job.confirm(
        "issue_refund", order_id=order["number"], reason="damaged", lines=skus, restock=shelf["location"]
    )
    assert (done["outcome"], done["amount"]) == ("refunded", quote["amount"])
    after = await call(clerk, "get_order", order_id=order["id"])
    assert [item.get("refunded", 0) == item["quantity"] for item in after["items"]] == [
        item["sku"] in skus for item in order["items"]
    ]
    now = (await stock_of(clerk, skus[0]))["locations"][0]
    assert now["on_hand"] - shelf["on_hand"] == order["items"][0]["quantity"]


async def test_a_large_refund_is_approved_by_a_second_person(boss: tuple[Client, Client]) -> None:
    clerk, second = boss
    order = await an_order(clerk, "delivered", lambda one: one["total"]["amount_minor"] > 10_000)
    job = Job(clerk, most=5)
    quote = await job.call("quote_refund", order_id=order["number"])
    assert quote["needs_approval"]
    asked = await job.confirm("issue_refund", order_id=order["number"], reason="damaged")
    assert asked["outcome"] == "requested"
    waiting = await job.call("list_approvals", by=second)
    (one,) = [one for one in waiting["items"] if one["number"] == order["number"]]
    done = await job.confirm("approve_refund", by=second, refund_id=one["refund_id"])
    assert (done["outcome"], done["amount"]) == ("refunded", quote["amount"])


async def test_where_is_my_order_is_answered_by_a_name(acme: Client) -> None:
    order = await an_order(acme, "shipped", lambda one: len(one["shipments"]) == 1)
    parcel = order["shipments"][0]
    job = Job(acme, most=1)
    found = (await job.call("search_orders", query=f"{restore(order['customer_name'])} shipped"))["items"]
    (one,) = [one for one in found if one["id"] == order["id"]]
    assert parcel["carrier"] in one["delivery"]
    assert parcel["expected_on"] in one["delivery"]


async def test_a_month_is_compared_with_the_one_before_by_product(acme: Client) -> None:
    job = Job(acme, most=1)
    report = await job.call(
        "sales_summary",
        from_day="2025-11-01",
        to_day="2025-11-30",
        group_by="product",
        currency="EUR",
        top=10,
        compare_to="previous_period",
    )
    assert (report["compared_from_day"], report["compared_to_day"]) == ("2025-10-01", "2025-10-31")
    groups = records(report["groups"])
    assert len(groups) == 10
    assert all("before" in " ".join(group) for group in groups)

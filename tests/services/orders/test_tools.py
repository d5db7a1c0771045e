"""Results and refusals of every tool, through the official client."""

from typing import Any

import pytest
from mcp.client import Client

from orders_mcp.models.statuses import ORDER_STATUSES
from orders_mcp.sample_data.vocabulary import LOCATIONS
from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from tests.fixtures.calls import call, records, refusal, walk

from .scene import ACME, PLAN, stock_of

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"


async def one_of(client: Client, status: str) -> dict[str, Any]:
    found = await call(client, "search_orders", status=status, limit=1)
    order: dict[str, Any] = found["items"][0]
    return order


@pytest.mark.parametrize("status", ORDER_STATUSES)
async def test_order_totals_add_up(acme: Client, status: str) -> None:
    summary = await one_of(acme, status)
    order = await call(acme, "get_order", order_id=summary["number"])
    assert order == await call(acme, "get_order", order_id=summary["id"])
    assert {key: order[key] for key in ("id", "number", "status", "placed_at", "total", "customer_id")} == {
        key: summary[key] for key in ("id", "number", "status", "placed_at", "total", "customer_id")
    }
    amounts = {key: order[key]["amount_minor"] for key in ("subtotal", "discount", "shipping_fee", "tax", "total")}
    assert amounts["subtotal"] == sum(item["total"]["amount_minor"] for item in order["items"])
    assert amounts["total"] == sum(amounts.values()) - 2 * amounts["discount"] - amounts["total"]
    assert order["shipping_address"].startswith('<user_content source="customer">')


async def test_payments_and_shipments_match_the_order(acme: Client) -> None:
    order = await call(acme, "get_order", order_id=(await one_of(acme, "delivered"))["id"])
    money = await call(acme, "get_payment_status", order_id=order["id"])
    assert money["payments"] == order["payments"]
    assert money["captured"] == money["total"] == order["total"]
    assert money["outstanding"]["amount_minor"] == 0
    parcels = await call(acme, "get_shipments", order_id=order["id"])
    assert parcels["shipments"] == order["shipments"]
    assert "delivered" in [parcel["status"] for parcel in parcels["shipments"]]


async def test_pending_order_has_no_capture_and_no_shipment(acme: Client) -> None:
    order = await one_of(acme, "pending")
    money = await call(acme, "get_payment_status", order_id=order["id"])
    assert money["captured"]["amount_minor"] == 0
    assert money["outstanding"] == order["total"]
    assert (await call(acme, "get_shipments", order_id=order["id"]))["shipments"] == []


async def test_timeline_is_complete_sorted_and_paged(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    whole = await call(acme, "get_order_timeline", order_id=order["number"])
    kinds = [event["kind"] for event in whole["items"]]
    assert kinds[0] == "placed"
    assert kinds.index("payment_captured") < kinds.index("shipped") < kinds.index("delivered")
    assert [event["sequence"] for event in whole["items"]] == list(range(1, len(kinds) + 1))
    assert await walk(acme, "get_order_timeline", order_id=order["number"], limit=1) == whole["items"]


async def test_customer_is_found_by_id_and_email(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    customer = await call(acme, "get_customer", customer_id=order["customer_id"])
    assert customer == await call(acme, "get_customer", customer_id=order["customer_email"].upper())
    theirs = await walk(acme, "get_customer_orders", customer_id=order["customer_email"], limit=2)
    assert len(theirs) == customer["order_count"]
    assert order in theirs
    assert customer["last_order_at"] == theirs[0]["placed_at"]
    spent = {money["currency"]: money["amount_minor"] for money in customer["spent"]}
    counted = [one for one in theirs if one["status"] not in ("draft", "cancelled")]
    gross = {counted[0]["total"]["currency"]: sum(one["total"]["amount_minor"] for one in counted)}
    assert gross == {money["currency"]: money["amount_minor"] for money in customer["spent_before_refunds"]}
    refunded = {money["currency"]: money["amount_minor"] for money in customer["refunded"]}
    assert spent == {currency: gross[currency] - refunded.get(currency, 0) for currency in gross}
    delivered = await walk(acme, "get_customer_orders", customer_id=order["customer_id"], status="delivered")
    assert delivered == [one for one in theirs if one["status"] == "delivered"]


async def test_customer_without_orders_has_an_empty_list(acme: Client, database: Database) -> None:
    with acting_as(ACME):
        email = await database.fetchval(
            "SELECT email FROM orders.customers AS c WHERE NOT EXISTS "
            "(SELECT FROM orders.orders AS o WHERE o.customer_id = c.id) LIMIT 1"
        )
    assert (await call(acme, "get_customer_orders", customer_id=email))["items"] == []
    customer = await call(acme, "get_customer", customer_id=email)
    assert (customer["order_count"], customer["spent"]) == (0, [])


async def test_stock_adds_up_by_warehouse(acme: Client) -> None:
    product = await stock_of(acme, "LMP-0001")
    assert product["available"] == sum(shelf["on_hand"] - shelf["reserved"] for shelf in product["locations"])
    assert [shelf["location"] for shelf in product["locations"]] == ["ams-1", "cmh-1", "sin-1"]


async def test_stock_of_several_products(acme: Client) -> None:
    found = await call(acme, "get_inventory", skus=["mug-0001", "LMP-0001", "MUG-0001"])
    assert [product["sku"] for product in found["products"]] == ["MUG-0001", "LMP-0001"]
    for product in found["products"]:
        assert product == await stock_of(acme, product["sku"])
        assert {shelf["warehouse"] for shelf in product["locations"]} < {name for name, _ in LOCATIONS.values()}


async def test_stock_names_the_orders_that_reserved_it(acme: Client) -> None:
    for shelf in (await stock_of(acme, "LMP-0001"))["locations"]:
        reservations = shelf["reservations"]
        assert sum(one["quantity"] for one in reservations) <= shelf["reserved"]
        assert shelf["more_reservations"] == (sum(one["quantity"] for one in reservations) < shelf["reserved"])
        moments = [one["reserved_at"] for one in reservations]
        assert moments == sorted(moments)
        for one in reservations:
            order = await call(acme, "get_order", order_id=one["order_number"])
            assert order["status"] in ("pending", "paid")
            assert one["quantity"] <= sum(item["quantity"] for item in order["items"] if item["sku"] == "LMP-0001")


async def test_low_stock_lists_the_largest_shortage_first(acme: Client, database: Database) -> None:
    shelves = await walk(acme, "low_stock_report", limit=5)
    with acting_as(ACME):
        expected = await database.fetchval(
            "SELECT count(*) FROM orders.inventory WHERE on_hand - reserved <= reorder_point"
        )
    keys = [(-shelf["shortage"], shelf["sku"], shelf["location"]) for shelf in shelves]
    assert len(shelves) == expected > 5
    assert keys == sorted(set(keys))
    here = await walk(acme, "low_stock_report", location="ams-1", limit=50)
    assert here == [shelf for shelf in shelves if shelf["location"] == "ams-1"]
    text = await refusal(acme, "low_stock_report", location="ams-9")
    assert text.startswith("There is no warehouse `ams-9` (location). Nearest: ams-1")


async def test_refund_rates_match_the_refunds(acme: Client) -> None:
    period = {"from_day": "2025-06-01", "to_day": "2026-05-31"}
    total = records((await call(acme, "refund_rate", **period))["groups"])
    for group_by in ("month", "region"):
        parts = records((await call(acme, "refund_rate", **period, group_by=group_by))["groups"])
        for row in total:
            same = [part for part in parts if part["currency"] == row["currency"]]
            for count in ("orders", "refunded_orders"):
                assert sum(part[count] for part in same) == row[count]
            assert sum(part["refunded_minor"] for part in same) == row["refunded_minor"]
    euro = next(row for row in total if row["currency"] == "EUR")
    placed = await walk(acme, "search_orders", **period, currency="EUR", limit=50)
    refunded = 0
    for order in placed:
        if order["status"] in ("delivered", "refunded"):
            money = await call(acme, "get_payment_status", order_id=order["id"])
            refunded += money["refunded"]["amount_minor"]
    assert euro["refunded_minor"] == refunded > 0


async def test_quotes_state_the_effect(acme: Client) -> None:
    paid = await one_of(acme, "paid")
    cancellation = await call(acme, "quote_cancellation", order_id=paid["number"])
    assert cancellation["possible"]
    assert cancellation["refunded"] == paid["total"]
    delivered = await one_of(acme, "delivered")
    assert not (await call(acme, "quote_cancellation", order_id=delivered["number"]))["possible"]
    quote = await call(acme, "quote_refund", order_id=delivered["number"], amount_minor=1)
    assert quote["amount"]["amount_minor"] == quote["parts"][0]["amount"]["amount_minor"] == 1
    assert "amount_minor is too high" in await refusal(
        acme, "quote_refund", order_id=delivered["number"], amount_minor=10**12
    )


ORDER_TOOLS = (
    "get_order",
    "get_order_timeline",
    "get_payment_status",
    "get_shipments",
    "quote_refund",
    "quote_cancellation",
)


@pytest.mark.parametrize("tool", ORDER_TOOLS)
async def test_unknown_order_is_refused_with_the_next_step(acme: Client, tool: str) -> None:
    for order_id in (UNKNOWN_ID, "ORD-99999999"):
        assert await refusal(acme, tool, order_id=order_id) == (
            f"No order {order_id}. Find it with search_orders, by customer name, e-mail or number."
        )
    assert "order_id" in await refusal(acme, tool, order_id="ORD-1; DROP TABLE")


@pytest.mark.parametrize("tool", ["get_customer", "get_customer_orders"])
async def test_unknown_customer_is_refused_with_the_next_step(acme: Client, tool: str) -> None:
    for customer_id in (UNKNOWN_ID, "unknown@example.com"):
        assert f"There is no customer `{customer_id}`" in await refusal(acme, tool, customer_id=customer_id)
    assert "customer_id" in await refusal(acme, tool, customer_id="not an address")


async def test_unknown_product_is_refused(acme: Client) -> None:
    assert "There is no product `XYZ-0001`" in await refusal(acme, "get_inventory", skus=["XYZ-0001"])
    text = await refusal(acme, "get_inventory", skus=["LMP-0001", "LMP-00019", "MUG-00019"])
    assert "There is no product `LMP-00019` (skus). Nearest: LMP-0001" in text
    assert "There is no product `MUG-00019` (skus)" in text


async def test_attack_texts_are_fenced_and_inert(acme: Client, database: Database) -> None:
    with acting_as(ACME):
        rows = await database.fetch(
            "SELECT number FROM orders.orders "
            "WHERE notes LIKE '%![%' OR notes LIKE '%user_content%' OR notes LIKE '%\u202e%'"
        )
    assert rows, f"the sample data of {PLAN} has none"
    for row in rows:
        notes = (await call(acme, "get_order", order_id=row["number"]))["notes"]
        assert notes.startswith('<user_content source="customer">')
        assert notes.count("</user_content>") == 1
        assert "](http" not in notes
        assert "\u202e" not in notes


def numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


async def test_results_and_schemas_have_no_floats(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    for tool in ORDER_TOOLS:
        assert numbers(await call(acme, tool, order_id=order["id"])) == []
    period = {"from_day": "2026-01-01", "to_day": "2026-05-31"}
    for tool in ("sales_summary", "refund_rate"):
        assert numbers(await call(acme, tool, **period)) == []
    for tool in (await acme.list_tools()).tools:
        if tool.name != "orders_whoami":
            assert '"type":"number"' not in tool.model_dump_json(include={"output_schema"})


async def test_near_customers_have_a_similar_name(acme: Client) -> None:
    email = (await call(acme, "search_orders", limit=1))["items"][0]["customer_email"]
    name, _, domain = email.partition("@")
    assert f"Nearest: {email}" in await refusal(acme, "get_customer", customer_id=f"{name}x@{domain}")
    other = f"{name[:2]}qqqqqqqqqqqq@{domain}"
    assert "Nearest" not in await refusal(acme, "get_customer", customer_id=other)

"""Draft orders: product prices, exact totals, consecutive numbers."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.customers import Customer
from orders_mcp.models.drafts import DraftLine, draft
from orders_mcp.models.inventory import Product
from orders_mcp.models.money import Money, display
from servicekit.core.errors import Refused
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, preview, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of, stock_of

CUSTOMER = Customer.model_validate(
    {
        "id": UUID(int=1),
        "email": "a@example.com",
        "name": "A",
        "address": "A, Street 1, City",
        "region": "europe",
        "since": "2026-01-01T00:00:00Z",
        "order_count": 0,
        "spent": [],
        "spent_before_refunds": [],
        "refunded": [],
    }
)


async def euros(client: Client, sku: str) -> dict[str, Any]:
    """The product's list price in euros."""
    (price,) = (one for one in (await stock_of(client, sku))["prices"] if one["currency"] == "EUR")
    return dict(price)


def product(number: int, price: int, currency: str = "EUR") -> Product:
    return Product(sku=f"LMP-{number:04d}", name="Lamp", price=Money(amount_minor=price, currency=currency))


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 999)), min_size=1, max_size=50))
def test_draft_total_is_the_exact_sum_of_its_lines(lines: list[tuple[int, int]]) -> None:
    products = {one.sku: one for one in (product(number, price) for number, (price, _) in enumerate(lines))}
    requested = [DraftLine(sku=sku, quantity=pieces) for sku, (_, pieces) in zip(products, lines, strict=True)]
    made = draft(CUSTOMER, requested, products, None)
    assert made.total == Money(amount_minor=sum(price * pieces for price, pieces in lines), currency="EUR")
    assert [item.total_minor for item in made.items] == [price * pieces for price, pieces in lines]
    assert made.shipping_address == CUSTOMER.address


def test_draft_has_one_currency() -> None:
    products = {one.sku: one for one in (product(1, 5), product(2, 5, "JPY"))}
    with pytest.raises(Refused, match=r"EUR and JPY.*one draft per currency"):
        draft(CUSTOMER, [DraftLine(sku=sku, quantity=1) for sku in products], products, None)


async def test_draft_uses_the_products_prices(clerk: Client, own: DatabaseUrls) -> None:
    customer = (await one_of(clerk, "delivered"))["customer_email"]
    items = [{"sku": "LMP-0001", "quantity": 3}, {"sku": "LMP-0002", "quantity": 999}]
    made = await call(clerk, "create_draft_order", customer_id=customer, items=items)
    order = await call(clerk, "get_order", order_id=made["number"])
    prices = [await euros(clerk, item["sku"]) for item in items]
    assert [(item["sku"], item["quantity"], item["unit_price"]) for item in order["items"]] == [
        (item["sku"], item["quantity"], price) for item, price in zip(items, prices, strict=True)
    ]
    expected = prices[0]["amount_minor"] * 3 + prices[1]["amount_minor"] * 999
    assert order["total"]["amount_minor"] == order["subtotal"]["amount_minor"] == expected
    assert (order["status"], order["version"], order["payments"]) == ("draft", 1, [])
    assert (made["items"], made["total"], made["version"]) == (order["items"], order["total"], 1)
    whose = await call(clerk, "get_customer", customer_id=customer)
    assert (order["customer_id"], order["region"]) == (whose["id"], whose["region"])
    assert order["shipping_address"] == whose["address"] == made["shipping_address"]
    timeline = (await call(clerk, "get_order_timeline", order_id=made["order_id"]))["items"]
    assert [(event["kind"], event["actor"], event["sequence"]) for event in timeline] == [("draft_created", "staff", 1)]
    async with owner_of(own) as connection:
        following = await connection.fetchval("SELECT next_order_number FROM orders.tenants")
    assert made["number"] == f"ORD-{following - 1:08d}"


async def test_draft_accepts_another_address(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")
    made = await call(
        clerk,
        "create_draft_order",
        customer_id=order["customer_id"],
        items=[{"sku": "LMP-0001", "quantity": 1}],
        shipping_address="  Bo, Elsewhere 5, 1234 Town <script>  ",
    )
    assert "Bo, Elsewhere 5, 1234 Town <⟦⟧script>" in made["shipping_address"]


async def test_concurrent_drafts_get_consecutive_numbers(own_service: Service, clerk: Client) -> None:
    customer = (await one_of(clerk, "delivered"))["customer_id"]

    async def make(place: int) -> str:
        async with connect(own_service, caller("orders:write", subject=f"clerk-{place}")) as client:
            items = [{"sku": "LMP-0001", "quantity": 1}]
            number: str = (await call(client, "create_draft_order", customer_id=customer, items=items))["number"]
            return number

    last = int((await call(clerk, "search_orders", limit=1))["items"][0]["number"][4:])
    numbers = sorted(await asyncio.gather(*map(make, range(12))))
    assert numbers == [f"ORD-{number:08d}" for number in range(last + 1, last + 13)]


LINE = {"sku": "LMP-0001", "quantity": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer_id": "unknown@example.com"}, "There is no customer `unknown@example.com`"),
        ({"customer_id": str(UUID(int=7))}, "There is no customer"),
        ({"items": [{"sku": "XYZ-0001", "quantity": 1}]}, "There is no product `XYZ-0001`"),
        ({"items": [LINE, LINE]}, "items has 2 lines for product LMP-0001"),
        ({"items": []}, "items"),
        ({"items": [LINE] * 51}, "items"),
        ({"items": [{**LINE, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{**LINE, "quantity": 1000}]}, "items.0.quantity"),
        ({"items": [{**LINE, "quantity": "1"}]}, "items.0.quantity"),
        ({"items": [{**LINE, "price": 1}]}, "items.0.price"),
        ({"shipping_address": "short"}, "shipping_address"),
    ],
)
async def test_refused_draft_uses_no_number(
    refused_clerk: Client, urls: DatabaseUrls, changes: dict[str, Any], words: str
) -> None:
    customer = (await one_of(refused_clerk, "delivered"))["customer_id"]
    arguments = {"customer_id": customer, "items": [LINE], "idempotency_key": str(uuid4()), **changes}
    async with owner_of(urls) as connection:
        before = await connection.fetchval("SELECT next_order_number FROM orders.tenants")
        assert words in await refusal(refused_clerk, "create_draft_order", **arguments)
        assert await connection.fetchval("SELECT next_order_number FROM orders.tenants") == before


@pytest.mark.parametrize(("scopes", "shows"), [(("orders:write",), False), (("orders:read", "orders:write"), True)])
async def test_near_e_mails_are_shown_to_readers_alone(service: Service, scopes: tuple[str, ...], shows: bool) -> None:
    async with connect(service, caller("orders:read", tenant="acme")) as reader:
        email = (await one_of(reader, "delivered"))["customer_email"]
    async with connect(service, caller(*scopes, tenant="acme")) as client:
        text = await refusal(client, "create_draft_order", customer_id=email.replace("@", "@x."), items=[LINE])
    assert (email in text) is shows


async def test_draft_can_be_cancelled(clerk: Client) -> None:
    customer = (await one_of(clerk, "delivered"))["customer_id"]
    made = await call(clerk, "create_draft_order", customer_id=customer, items=[LINE])
    shown, code = await preview(clerk, "cancel_order", order_id=made["number"], reason="A mistake")
    assert display(**made["total"]) in shown["effect"]
    assert (await call(clerk, "orders_confirm_action", code=code))["status"] == "cancelled"

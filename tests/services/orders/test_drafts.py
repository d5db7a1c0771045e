"""Draft orders: the customer's prices, exact totals, stock, orders alike, consecutive numbers."""

import asyncio
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.customers import Customer
from orders_mcp.models.draft_lines import OrderTerms, PricedProduct
from orders_mcp.models.drafts import DraftLine, draft
from orders_mcp.models.money import Money, display
from orders_mcp.models.pricing import PricingTerms
from servicekit.core.errors import Refused
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, confirmed, preview, refusal
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


async def price_of(client: Client, sku: str, currency: str) -> dict[str, Any]:
    """The product's list price in a currency."""
    (price,) = (one for one in (await stock_of(client, sku))["prices"] if one["currency"] == currency)
    return dict(price)


async def customer_in(urls: DatabaseUrls, currency: str) -> Any:
    """A customer who bought in that currency."""
    async with owner_of(urls) as connection:
        return await connection.fetchrow(
            """SELECT c.email, c.id FROM orders.customers AS c JOIN orders.orders AS o ON o.customer_id = c.id
            WHERE o.currency = $1 AND o.status = 'delivered' AND c.price_list IS NULL ORDER BY c.id LIMIT 1""",
            currency,
        )


def product(number: int, price: int | None) -> PricedProduct:
    return PricedProduct(f"LMP-{number:04d}", "Lamp", price, is_usual=False, available=5)


RETAIL = PricingTerms(
    code="eur",
    name="Retail EUR",
    currency="EUR",
    is_default=True,
    shipping_fee_minor=490,
    free_shipping_from_minor=8000,
)


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 999)), min_size=1, max_size=50),
    st.integers(0, 10_000),
)
def test_draft_total_is_exact(lines: list[tuple[int, int]], tax: int) -> None:
    products = {one.sku: one for one in (product(number, price) for number, (price, _) in enumerate(lines))}
    requested = [DraftLine(sku=sku, quantity=pieces) for sku, (_, pieces) in zip(products, lines, strict=True)]
    made = draft(CUSTOMER, requested, products, OrderTerms(RETAIL, tax))
    assert [item.total_minor for item in made.items] == [price * pieces for price, pieces in lines]
    subtotal = sum(price * pieces for price, pieces in lines)
    owed = made.amounts
    assert (owed.subtotal, owed.discount, owed.shipping_fee) == (subtotal, 0, 0 if subtotal >= 8000 else 490)
    taxed = subtotal + owed.shipping_fee
    assert abs(Fraction(taxed * tax, 10_000) - owed.tax) <= Fraction(1, 2)
    assert made.total == Money(amount_minor=taxed + owed.tax, currency="EUR")
    assert made.shipping_address == CUSTOMER.address


def test_product_without_a_price_is_refused() -> None:
    products = {one.sku: one for one in (product(1, 5), product(2, None))}
    with pytest.raises(Refused, match=r"LMP-0002 has no price in EUR \(price list Retail EUR\)"):
        draft(CUSTOMER, [DraftLine(sku=sku, quantity=1) for sku in products], products, OrderTerms(RETAIL, 0))


async def test_draft_has_the_customers_prices(clerk: Client, own: DatabaseUrls) -> None:
    before = await customer_in(own, "KWD")
    items = [{"sku": "LMP-0001", "quantity": 3}, {"sku": "LMP-0002", "quantity": 2}]
    made = await call(clerk, "create_draft_order", customer_id=before["email"], items=items)
    order = await call(clerk, "get_order", order_id=made["number"])
    prices = [await price_of(clerk, item["sku"], "KWD") for item in items]
    assert [(item["sku"], item["quantity"], item["unit_price"]) for item in order["items"]] == [
        (item["sku"], item["quantity"], price) for item, price in zip(items, prices, strict=True)
    ]
    minor = {name: order[name]["amount_minor"] for name in ("subtotal", "discount", "shipping_fee", "tax", "total")}
    assert minor["subtotal"] == prices[0]["amount_minor"] * 3 + prices[1]["amount_minor"] * 2
    assert minor["total"] == minor["subtotal"] + minor["shipping_fee"] + minor["tax"]
    assert (order["total"]["currency"], order["price_list"], minor["discount"]) == ("KWD", "kwd", 0)
    assert {name: made[name] for name in minor} == {name: order[name] for name in minor}
    assert (order["status"], order["version"], order["payments"]) == ("draft", 1, [])
    assert (made["items"], made["version"]) == (order["items"], 1)
    whose = await call(clerk, "get_customer", customer_id=before["email"])
    assert (order["customer_id"], order["region"]) == (whose["id"], whose["region"])
    assert order["shipping_address"] == whose["address"] == made["shipping_address"]
    timeline = (await call(clerk, "get_order_timeline", order_id=made["order_id"]))["items"]
    assert [(event["kind"], event["actor"], event["sequence"]) for event in timeline] == [("draft_created", "staff", 1)]
    async with owner_of(own) as connection:
        following = await connection.fetchval("SELECT next_order_number FROM orders.tenants")
    assert made["number"] == f"ORD-{following - 1:08d}"


async def test_own_price_list_comes_first(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        email = await connection.fetchval("SELECT email FROM orders.customers WHERE price_list = 'wholesale-eur'")
        listed, unlisted = [
            await connection.fetchrow(f"""SELECT p.sku, x.price_minor FROM orders.products AS p
            JOIN orders.prices AS x USING (tenant_id, sku)
            WHERE x.price_list = '{prices}' AND (p.category = 'outdoor') = {outdoor} ORDER BY p.sku""")
            for prices, outdoor in (("wholesale-eur", False), ("eur", True))
        ]
    items = [{"sku": row["sku"], "quantity": 1} for row in (listed, unlisted)]
    made = await call(clerk, "create_draft_order", customer_id=email, items=items)
    assert made["price_list"] == "wholesale-eur"
    assert [item["unit_price"]["amount_minor"] for item in made["items"]] == [
        listed["price_minor"],
        unlisted["price_minor"],
    ]
    assert f"{unlisted['sku']}: no price in Wholesale EUR, so the usual price in EUR was taken." in made["notice"]
    other = await call(clerk, "create_draft_order", customer_id=email, items=items, currency="yen")
    assert (other["price_list"], other["total"]["currency"]) == ("jpy", "JPY")


async def test_customer_without_orders_pays_in_the_shops_currency(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        email = await connection.fetchval("""UPDATE orders.customers SET price_list = NULL WHERE id = (
            SELECT c.id FROM orders.customers AS c WHERE NOT EXISTS (
                SELECT FROM orders.orders AS o WHERE o.customer_id = c.id) ORDER BY c.id LIMIT 1) RETURNING email""")
    made = await call(clerk, "create_draft_order", customer_id=email, items=[LINE])
    assert made["total"]["currency"] == "EUR"
    assert "no earlier order, so prices are in EUR" in made["notice"]
    chosen = await call(clerk, "create_draft_order", customer_id=email, items=[LINE], currency="USD")
    assert (chosen["total"]["currency"], chosen["price_list"]) == ("USD", "usd")
    assert "no earlier order" not in chosen["notice"]


async def test_stock_is_in_the_answer_and_reserved_on_request(clerk: Client) -> None:
    customer = (await one_of(clerk, "delivered"))["customer_email"]
    there = (await stock_of(clerk, "LMP-0002"))["available"]
    items = [{"sku": "LMP-0002", "quantity": there + 1}]
    made = await call(clerk, "create_draft_order", customer_id=customer, items=items)
    assert made["stock"] == [{"sku": "LMP-0002", "needed": there + 1, "available_to_order": there, "reserved": 0}]
    assert f"Available: only {there} of {there + 1} LMP-0002." in made["notice"]
    assert f"{there + 1} needed" in await refusal(
        clerk, "create_draft_order", customer_id=customer, items=items, reserve=True
    )
    items[0]["quantity"] = there
    kept = await call(clerk, "create_draft_order", customer_id=customer, items=items, reserve=True)
    assert kept["stock"] == [{"sku": "LMP-0002", "needed": there, "available_to_order": there, "reserved": there}]
    assert kept["items"][0]["reserved"] == there
    assert (await stock_of(clerk, "LMP-0002"))["available"] == 0
    await confirmed(clerk, "cancel_order", order_id=kept["number"], reason="A mistake")
    assert (await stock_of(clerk, "LMP-0002"))["available"] == there


async def test_like_orders_of_the_same_day_are_named(clerk: Client, own: DatabaseUrls) -> None:
    first, second = {"sku": "LMP-0001", "quantity": 1}, {"sku": "LMP-0002", "quantity": 1}

    async def like(*items: dict[str, Any]) -> tuple[str, list[str]]:
        made = await call(clerk, "create_draft_order", customer_id=customer, items=list(items))
        numbers = [one["number"] for one in made["like_orders"]]
        assert all(number in made["notice"] for number in numbers)
        return made["number"], numbers

    customer = (await one_of(clerk, "delivered"))["customer_email"]
    one, found = await like(first)
    assert found == []
    both, found = await like(first, second)
    assert found == [one]
    other, found = await like(second)
    assert found == [both]
    await confirmed(clerk, "cancel_order", order_id=one, reason="A mistake")
    async with owner_of(own) as connection:
        late = "UPDATE orders.orders SET placed_at = now() - interval '25 hours' WHERE number = $1"
        await connection.execute(late, other)
    assert (await like(second, first))[1] == [both]


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
        ({"currency": "CHF"}, "There is no price list in the currency `CHF` (currency). Price lists have AED, "),
        ({"shipping_address": "Ann, card 4111 1111 1111 1111"}, "shipping_address: contains the number of a payment"),
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

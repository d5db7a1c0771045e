"""Free-text search, filters and paging."""

from datetime import UTC, date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.models.days import period
from orders_mcp.models.search import parse_query
from orders_mcp.models.search_terms import customer_terms
from orders_mcp.models.status_words import InvalidQuery
from orders_mcp.models.statuses import ORDER_STATUSES
from orders_mcp.ports.search import FEW, OrderFilter, Terms, TextFilter, TotalRange
from servicekit.core.caller import acting_as
from servicekit.schema.pagination import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import fold
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import owner_of

from .scene import ACME, PLAN


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("jose", "José Muñoz"),
        ("MUÑOZ", "José Muñoz"),
        ("munoz jos", "José Muñoz"),
        ("strasse", "Anna Straße"),
        ("小明", "王小明"),
        ("王", "王小明"),
        ("Ｍｉｒａ", "Mira"),
        ("o’brien", "Ruby O’Brien"),
        ("ru\u200bby", "Ruby O’Brien"),
    ],
)
def test_name_is_found_in_any_spelling(text: str, name: str) -> None:
    terms = customer_terms(name, "someone@example.com", None, None, "")
    prefixes = parse_query(text).words
    assert prefixes
    assert all(any(term.startswith(prefix) for term in terms) for prefix in prefixes)


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        query = parse_query(text)
    except InvalidQuery:
        return
    assert query.statuses or query.numbers or query.words or query.phone
    assert all(prefix and "\x00" not in prefix for prefix in (*query.words, *query.literal))


@given(st.text(max_size=60))
def test_folding_is_idempotent(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize("status", ORDER_STATUSES)
async def test_status_word_finds_orders_with_a_notice(acme: Client, status: str) -> None:
    page = await call(acme, "search_orders", query=f"{status} orders")
    assert {order["status"] for order in page["items"]} <= {status}
    assert page["notice"] == f"The query was read as status={status}."
    assert page["items"] == (await call(acme, "search_orders", status=status))["items"]


async def test_two_statuses_are_refused_and_not_none(acme: Client) -> None:
    text = await refusal(acme, "search_orders", query="paid", status="shipped")
    assert text.startswith("query was read as status=paid, which excludes status=shipped")
    assert (await call(acme, "search_orders", query="paid orders", status="paid"))["items"]


async def test_paid_finds_paid_orders(acme: Client) -> None:
    page = await call(acme, "search_orders", query="paid")
    assert page["items"]
    assert {order["status"] for order in page["items"]} == {"paid"}


async def test_order_is_found_by_any_form_of_its_number(acme: Client) -> None:
    for text in ("ORD-00000123", "ord 00000123", "123", "#123", "00000123", "order 123"):
        found = await call(acme, "search_orders", query=text)
        assert [order["number"] for order in found["items"]] == ["ORD-00000123"], text
    tens = await walk(acme, "search_orders", query="ORD-0000012")
    assert sorted(order["number"] for order in tens) == [f"ORD-{number:08d}" for number in range(120, 130)]


async def test_customers_are_found_by_name_and_email(acme: Client) -> None:
    some = (await call(acme, "search_orders", limit=1))["items"][0]
    email = some["customer_email"]
    by_email = await walk(acme, "search_orders", query=email.upper())
    assert some["id"] in [order["id"] for order in by_email]
    assert {order["customer_email"] for order in by_email} == {email}
    local = email.partition("@")[0]
    assert some["id"] in [order["id"] for order in await walk(acme, "search_orders", query=f"{local}@")]
    given_name, family_name = local.rstrip("0123456789").split(".")
    words = await walk(acme, "search_orders", query=f"{family_name} {given_name[:3]}")
    assert some["id"] in [order["id"] for order in words]
    domain = email.partition("@")[2]
    page = await call(acme, "search_orders", query=domain)
    assert page["items"]
    assert all(order["customer_email"].endswith(domain) for order in page["items"])


@pytest.mark.parametrize("text", ["%", "_", "\\", "*", "&|!", "'"])
async def test_pattern_characters_alone_match_nothing(acme: Client, text: str) -> None:
    assert "no letters or digits" in await refusal(acme, "search_orders", query=text)


@pytest.mark.parametrize("text", ["ma%", "%ma", "_ma", "ma:*", "ma\\", "'ma' --"])
async def test_pattern_characters_are_not_operators(acme: Client, text: str) -> None:
    plain = await call(acme, "search_orders", query="ma", fields=["id"])
    assert plain["items"]
    assert (await call(acme, "search_orders", query=text, fields=["id"]))["items"] == plain["items"]
    assert (await call(acme, "search_orders", query=f"{text}zzz"))["items"] == []


async def test_refused_searches_name_the_next_step(acme: Client) -> None:
    assert "currency" in await refusal(acme, "search_orders", min_total_minor=100)
    assert "Swap" in await refusal(acme, "search_orders", min_total_minor=2, max_total_minor=1, currency="EUR")
    assert "Swap" in await refusal(acme, "search_orders", from_day="2026-02-02", to_day="2026-02-01")
    assert "at most" not in await refusal(acme, "search_orders", query="?!")
    assert "6 words" in await refusal(acme, "search_orders", query="a b c d e f g")
    assert "first 6" in await refusal(acme, "search_orders", query="ORD-0000")
    assert "from_day" in await refusal(acme, "search_orders", from_day="1000-01-01")


async def test_filters_combine(acme: Client) -> None:
    found = await walk(
        acme,
        "search_orders",
        status="delivered",
        from_day="2025-06-01",
        to_day="2025-12-31",
        currency="EUR",
        min_total_minor=5000,
        max_total_minor=30000,
        limit=7,
    )
    assert len(found) > 7
    for order in found:
        assert order["status"] == "delivered"
        assert "2025-06-01" <= order["placed_at"][:10] <= "2025-12-31"
        assert order["total"]["currency"] == "EUR"
        assert 5000 <= order["total"]["amount_minor"] <= 30000


async def test_filters_agree_with_a_full_scan(acme: Client, orders: PostgresOrders, database: Database) -> None:
    everything = await walk(acme, "search_orders", limit=50)
    with acting_as(ACME):
        names = await database.fetch("SELECT id::text, name, email, phone, company, address FROM orders.customers")
        terms = {row["id"]: customer_terms(*list(row)[1:]) for row in names}
        for text in ("maria", "m", "mar gar", "example.org", "nobodyatall"):
            query = parse_query(text)
            expected = {
                order["id"]
                for order in everything
                if all(any(term.startswith(word) for term in terms[order["customer_id"]]) for word in query.words)
            }
            texts = (TextFilter(buyers=(await orders.matches(query.words)).buyers),)
            found = await orders.search(OrderFilter(texts=texts), 2000, None)
            assert {str(order.id) for order in found} == expected, text
            assert len(found) == len(expected)


async def test_pages_cover_the_list_once_in_order(acme: Client) -> None:
    everything = await walk(acme, "search_orders", limit=50)
    assert len(everything) == PLAN.count_of(0)
    assert len({order["id"] for order in everything}) == len(everything)
    keys = [(order["placed_at"], order["id"]) for order in everything]
    assert all(one > other for one, other in pairwise(keys))


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_pages_cover_orders_of_the_same_time_once(own: DatabaseUrls, limit: int) -> None:
    async with owner_of(own) as owner:
        await owner.execute(
            "UPDATE orders.orders SET placed_at = date_trunc('month', placed_at) WHERE number < 'ORD-00000040'"
        )
    database = Database(own.reader)
    await database.start()
    port = PostgresOrders(database)
    with acting_as(ACME):
        for filters in (
            OrderFilter(placed=period(None, date(2024, 8, 1), UTC)),
            OrderFilter(placed=period(None, date(2024, 8, 1), UTC), statuses=("delivered",)),
            OrderFilter(placed=period(None, date(2024, 8, 1), UTC), total_range=TotalRange("EUR", 0)),
            OrderFilter(
                placed=period(None, date(2024, 9, 1), UTC),
                texts=(TextFilter(buyers=Terms(("m",), FEW)), TextFilter(addresses=Terms(("l",), FEW))),
            ),
            OrderFilter(placed=period(None, date(2024, 9, 1), UTC), texts=(TextFilter(buyers=Terms(("m",), FEW + 1)),)),
        ):
            whole = [order.id for order in await port.search(filters, 1000, None)]
            seen = []
            after = None
            while page := await port.search(filters, limit, after):
                seen += [order.id for order in page]
                after = CursorKey((page[-1].placed_at.isoformat(), str(page[-1].id)))
            assert seen == whole
            assert len(set(seen)) == len(seen) > 0
    await database.stop()


@pytest.mark.parametrize("others", [{}, {"status": "delivered", "from_day": "2025-06-01"}, {"query": "ma"}], ids=str)
async def test_largest_orders_are_ranked_in_one_currency(acme: Client, others: dict[str, Any]) -> None:
    newest = await walk(acme, "search_orders", currency="EUR", limit=50, **others)
    expected = sorted(newest, key=lambda order: (order["total"]["amount_minor"], order["id"]), reverse=True)
    assert expected != newest
    ranked = await walk(acme, "search_orders", currency="EUR", largest=True, limit=7, **others)
    assert [order["id"] for order in ranked] == [order["id"] for order in expected]


async def test_largest_orders_need_a_currency(acme: Client) -> None:
    assert "largest needs currency" in await refusal(acme, "search_orders", largest=True)

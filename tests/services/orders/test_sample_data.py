"""Sample data: reproducible, and valid for the domain at any size."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.orders import Channel
from orders_mcp.models.statuses import ORDER_STATUSES
from orders_mcp.sample_data.customers import CustomerSeed, customer
from orders_mcp.sample_data.load import load_plan
from orders_mcp.sample_data.orders import OrderRows, order
from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.products import PRODUCTS_PER_CATEGORY, products
from orders_mcp.sample_data.stock import Store
from orders_mcp.sample_data.vocabulary import ATTACKS, CATEGORIES, STAFF
from servicekit.sample_data.loading import NotMigrated
from servicekit.sample_data.plan import DAYS
from servicekit.schema import EMAIL_PATTERN
from servicekit.storage.migrations import migrate
from tests.fixtures.databases import connected

from .scene import PLAN, content


def customers_of(plan: Plan, tenant: int) -> list[CustomerSeed]:
    return [customer(plan, tenant, index)[0] for index in range(plan.customers_of(tenant))]


def rows_of(plan: Plan, index: int) -> OrderRows:
    tenant, _ = plan.tenant_of(index)
    return order(plan, index, customers_of(plan, tenant), products(plan, tenant))


plans = st.builds(
    Plan,
    size=st.integers(1, 200),
    seed=st.integers(-(2**63), 2**63),
    until=st.dates(date(2001, 1, 1), date(2099, 1, 1)),
)


def test_refunds_are_declined_by_another_person_than_the_requester() -> None:
    """Who ends an own request withdraws it."""
    plan = Plan(size=2000, seed=7, until=date(2026, 11, 1))
    customers, sold = customers_of(plan, 0), products(plan, 0)
    of_first_tenant = (index for index in range(plan.size) if plan.tenant_of(index)[0] == 0)
    events = [{event[4]: event[8] for event in order(plan, index, customers, sold).events} for index in of_first_tenant]
    declined = [by for by in events if "refund_declined" in by]
    assert declined
    assert all(by["refund_declined"] != by["refund_requested"] for by in declined)


@settings(max_examples=60, deadline=None)
@given(plans, st.data())
def test_generated_orders_follow_the_domain_rules(plan: Plan, data: st.DataObject) -> None:
    rows = rows_of(plan, data.draw(st.integers(0, plan.size - 1)))
    tenant, identifier, number, _, status, currency, subtotal, discount, fee, tax, total, *_ = rows.order
    placed_at, updated_at, version, channel = rows.order[15:19]
    assert channel is None or channel in get_args(Channel)
    assert all((event[8] in STAFF) == (event[5] == "staff") for event in rows.events)
    assert status in ORDER_STATUSES
    assert number.startswith("ORD-")
    assert plan.start <= placed_at <= updated_at <= plan.end
    assert total == subtotal - discount + fee + tax
    assert subtotal == sum(item[7] for item in rows.items)
    assert all(item[7] == item[5] * item[6] for item in rows.items)
    assert len({item[3] for item in rows.items}) == len(rows.items) > 0
    for child in (*rows.items, *rows.payments, *rows.refunds, *rows.shipments, *rows.events):
        assert child[:2] == (tenant, identifier)
    captured = sum(payment[7] for payment in rows.payments)
    refunded = sum(refund[6] for refund in rows.refunds)
    assert captured == (0 if status in ("draft", "pending") or (status == "cancelled" and not captured) else total)
    assert refunded == sum(payment[8] for payment in rows.payments) <= captured
    assert all(payment[8] <= payment[7] <= payment[6] and payment[5] == currency for payment in rows.payments)
    assert {refund[3] for refund in rows.refunds} <= {payment[2] for payment in rows.payments}
    if status in ("refunded", "cancelled"):
        assert refunded == captured
    if status in ("draft", "pending", "paid", "cancelled"):
        assert not rows.shipments
    if status == "delivered":
        assert rows.shipments[-1][3] == "delivered"
    sent = Counter[str]()
    for parcel in rows.shipments:
        if parcel[10] is None:
            sent.update({line[3]: line[4] for line in rows.shipment_lines if line[2] == parcel[2]})
    ordered = Counter({item[3]: item[5] for item in rows.items})
    assert sent <= ordered
    if rows.shipments and status != "refunded":
        assert (sent < ordered) == (status == "partially_shipped")
    assert [event[2] for event in rows.events] == list(range(1, version + 1))
    assert all(one[3] <= other[3] for one, other in pairwise(rows.events))
    assert rows.events[-1][3] == updated_at
    kinds = {event[4] for event in rows.events}
    assert ("cancelled" in kinds) == (status == "cancelled")
    assert ("refunded" in kinds) == bool(refunded)
    assert ("refund_requested" in kinds) == any(request[3] != "refunded" for request in rows.refund_requests)
    for request in rows.refund_requests:
        _, request_id, order_id, state, _, amount, gross, off, shipping, its_tax, *_ = request
        assert (order_id, amount) == (identifier, gross - off + shipping + its_tax)
        lines = [line for line in rows.refund_lines if line[1] == request_id]
        assert sum(line[4] for line in lines) in (0, amount)
        assert [item[8] for item in rows.items if item[8]] == (
            [line[3] for line in lines] if state == "refunded" else []
        )
        assert sum(refund[6] for refund in rows.refunds if refund[10] == request_id) in (0, amount)


@settings(max_examples=20, deadline=None)
@given(plans)
def test_generated_orders_are_sorted_by_time(plan: Plan) -> None:
    moments = [plan.moment_of(index, 0) for index in range(plan.size)]
    assert moments == sorted(moments)
    assert all(plan.moment_of(index, 2**32 - 1) >= moments[index] for index in range(plan.size))
    assert plan.start <= moments[0]
    assert plan.moment_of(plan.size - 1, 2**32 - 1) < plan.end
    places: dict[int, list[int]] = defaultdict(list)
    for index in range(plan.size):
        tenant, place = plan.tenant_of(index)
        places[tenant].append(place)
    for tenant in (0, 1):
        assert places[tenant] == list(range(plan.count_of(tenant)))


@given(st.integers(0, 5), st.integers(0, 1))
def test_generated_stock_and_reservations_add_up(seed: int, tenant: int) -> None:
    plan = Plan(size=60, seed=seed, until=date(2026, 1, 1))
    store = Store(plan, tenant)
    for index in range(plan.size):
        if plan.tenant_of(index)[0] == tenant:
            rows = rows_of(plan, index)
            store.reserve(rows.order, rows.items)
    for row in store.inventory():
        _, sku, location, on_hand, reserved, *_ = row
        ledger = [change for change in store.ledger if change[1:3] == (sku, location)]
        assert on_hand == sum(change[4] for change in ledger) == ledger[-1][5]
        assert all(change[5] >= 0 and change[4] != 0 for change in ledger)
        held = [one[4] for one in store.reservations if one[2:4] == (sku, location)]
        assert reserved == sum(held) <= on_hand


def test_generated_customers_have_unique_valid_emails() -> None:
    rows = [customer(PLAN, tenant, index)[1] for tenant in (0, 1) for index in range(PLAN.customers_of(tenant))]
    keys = [(row[0], row[2]) for row in rows]
    assert len(set(keys)) == len(keys)
    import re

    assert all(re.fullmatch(EMAIL_PATTERN, row[2]) for row in rows)
    scripts = {"latin": "[a-z]", "han": "[\u4e00-\u9fff]", "arabic": "[\u0600-\u06ff]", "hangul": "[\uac00-\ud7a3]"}
    assert all(any(re.search(pattern, row[3]) for row in rows) for pattern in scripts.values())


def test_products_are_independent_of_size() -> None:
    small, large = (products(Plan(size=size, seed=1, until=date(2026, 1, 1)), 0) for size in (1, 10**6))
    assert small == large
    assert len({product.sku for product in small}) == len(CATEGORIES) * PRODUCTS_PER_CATEGORY


@pytest.fixture
async def migrated(empty: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    await migrate(empty.owner, "orders_mcp")
    return empty


async def test_rows_depend_on_the_seed_and_not_on_the_batch(migrated: DatabaseUrls) -> None:
    plan = Plan(size=120, seed=3, until=date(2026, 1, 1))
    assert await load_plan(migrated.owner, plan, batch=7)
    first = await content(migrated)
    assert await load_plan(migrated.owner, plan, replace=True, batch=1000)
    assert await content(migrated) == first
    assert await load_plan(migrated.owner, Plan(size=120, seed=4, until=date(2026, 1, 1)), replace=True)
    assert await content(migrated) != first


async def test_rows_match_the_pinned_digest() -> None:
    # Pinned: a different digest means different demo data for all users.
    rows = rows_of(Plan(size=10, seed=1, until=date(2026, 1, 1)), 3)
    assert hashlib.sha256(repr(rows).encode()).hexdigest()[:16] == "a3eeb635658c630c"


async def test_load_keeps_existing_data_without_replace(own: DatabaseUrls) -> None:
    before = await content(own)
    told: list[int] = []
    assert not await load_plan(own.owner, Plan(size=10, seed=1, until=date(2026, 1, 1)), advance=told.append)
    assert told == []
    assert await content(own) == before
    assert await load_plan(own.owner, Plan(size=10, seed=1, until=date(2026, 1, 1)), replace=True, advance=told.append)
    assert sum(told) == 10
    assert await content(own) != before


async def test_load_requires_migrated_tables(empty: DatabaseUrls) -> None:
    with pytest.raises(NotMigrated, match="orders-mcp migrate"):
        await load_plan(empty.owner, PLAN)


async def test_data_has_refund_requests_in_every_state(urls: DatabaseUrls) -> None:
    async with connected(urls.reader, "acme") as connection:
        found = await connection.fetch(
            "SELECT status, expires_at > '2026-06-01' AS waits, count(*) FROM orders.refund_requests GROUP BY 1, 2"
        )
    assert {(row["status"], row["waits"]) for row in found} >= {
        ("requested", True), ("requested", False), ("declined", False), ("refunded", None)
    }  # fmt: skip


async def test_data_ends_yesterday_and_has_every_status(urls: DatabaseUrls) -> None:
    async with connected(urls.reader, "acme") as connection:
        first, last = await connection.fetchrow("SELECT min(placed_at), max(placed_at) FROM orders.orders")
        assert last.date() == date(2026, 5, 31)
        assert first < datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=DAYS - 30)
        statuses = await connection.fetch("SELECT DISTINCT status FROM orders.orders")
        assert {row[0] for row in statuses} == set(ORDER_STATUSES)
        notes = await connection.fetch("SELECT DISTINCT notes FROM orders.orders WHERE notes = ANY ($1)", list(ATTACKS))
        assert len(notes) >= 3
        next_number = await connection.fetchval("SELECT next_order_number FROM orders.tenants")
        assert await connection.fetchval("SELECT max(number) FROM orders.orders") == f"ORD-{next_number - 1:08d}"

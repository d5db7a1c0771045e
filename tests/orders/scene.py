"""Who acts in these tests, on which data, and how they read what the official client got."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
from mcp.client import Client
from pydantic import SecretStr

from asking import call
from devkit.databases import DatabaseUrls
from orders_mcp.app import build
from orders_mcp.sample_data.load import TABLES
from orders_mcp.sample_data.plan import Plan
from orders_mcp.settings import OrdersSettings
from servicekit.app import Service
from servicekit.sample_data.plan import TENANTS
from servicekit.testing import caller

PLAN = Plan(size=1500, seed=7, until=date(2026, 6, 1))
ACME = caller("orders:read", tenant="acme")
GLOBEX = caller("orders:read", tenant="globex")
CLERK = caller("orders:read", "orders:write", subject="clerk", tenant="acme")
STRANGER = caller("orders:read", "orders:write", subject="stranger", tenant="globex")


def service_of(urls: DatabaseUrls) -> Service:
    """The whole server on these databases."""
    return build(
        OrdersSettings(
            public_url="http://127.0.0.1:8101/mcp",
            reader_url=SecretStr(urls.reader),
            writer_url=SecretStr(urls.writer),
            # These tests call faster than people do; limits have tests of their own.
            limit_server=10**6,
            limit_caller=10**6,
            limit_tool=10**6,
        )
    )


async def one_of(client: Client, status: str, place: int = 0) -> dict[str, Any]:
    """The order of that status that was placed last, or the one so many places before it."""
    found = await call(client, "search_orders", status=status, limit=place + 1)
    order: dict[str, Any] = await call(client, "get_order", order_id=found["items"][place]["id"])
    return order


@asynccontextmanager
async def owner_of(urls: DatabaseUrls, tenant: str = "acme") -> AsyncIterator[Any]:
    """The owner's connection to one tenant's rows: to set a scene, and to look behind the tools."""
    connection = await asyncpg.connect(urls.owner)
    await connection.execute("SELECT set_config('app.tenant', $1, false)", tenant)
    try:
        yield connection
    finally:
        await connection.close()


async def content(urls: DatabaseUrls) -> list[list[str]]:
    """Every row of every table of the domain, as text, in an order of its own."""
    rows: list[list[str]] = []
    for tenant, _ in TENANTS:
        async with owner_of(urls, tenant) as connection:
            for table in TABLES:
                found = await connection.fetch(f"SELECT t::text FROM orders.{table} AS t ORDER BY 1")
                rows.append([row[0] for row in found])
    return rows

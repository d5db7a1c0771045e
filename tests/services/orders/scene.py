"""Data set and callers of these tests."""

from dataclasses import replace
from datetime import date
from typing import Any

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.sample_data.load import TABLES
from orders_mcp.sample_data.plan import Plan
from servicekit.core.allowances import Allowances, RefundAllowance
from servicekit.core.caller import Caller
from servicekit.testing.service import caller
from tests.fixtures.calls import call
from tests.fixtures.databases import content_of

PLAN = Plan(size=1500, seed=7, until=date(2026, 6, 1))


def trusted(who: Caller) -> Caller:
    """A caller who refunds the orders of `PLAN`, which are old by now, without approval."""
    return replace(who, allowances=Allowances(refunds=(RefundAllowance(scope="orders:write", days=3650),)))


ACME = caller("orders:read", tenant="acme")
GLOBEX = caller("orders:read", tenant="globex")
CLERK = trusted(caller("orders:read", "orders:write", subject="clerk", tenant="acme"))
STRANGER = caller("orders:read", "orders:write", subject="stranger", tenant="globex")


async def one_of(client: Client, status: str, place: int = 0) -> dict[str, Any]:
    """The newest order of that status, or the one `place` positions after it."""
    found = await call(client, "search_orders", status=status, limit=place + 1)
    order: dict[str, Any] = await call(client, "get_order", order_id=found["items"][place]["id"])
    return order


async def stock_of(client: Client, sku: str) -> dict[str, Any]:
    """A product and its stock."""
    (product,) = (await call(client, "get_inventory", skus=[sku]))["products"]
    found: dict[str, Any] = product
    return found


async def content(urls: DatabaseUrls) -> list[list[str]]:
    """All rows of all domain tables."""
    return await content_of(urls, "orders", TABLES)

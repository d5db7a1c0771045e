"""Who acts in these tests, on which data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
from mcp.client import Client
from pydantic import SecretStr

from asking import call
from devkit.databases import DatabaseUrls
from servicekit.app import Service
from servicekit.sample_data.plan import TENANTS
from servicekit.testing import caller
from ticketing_mcp.app import build
from ticketing_mcp.sample_data.load import TABLES
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.settings import TicketingSettings

PLAN = Plan(size=700, seed=7, until=date(2026, 6, 1))
SCOPES = ("tickets:read", "tickets:write", "tickets:reply")
ACME = caller("tickets:read", tenant="acme")
GLOBEX = caller("tickets:read", tenant="globex")
CLERK = caller(*SCOPES, subject="clerk", tenant="acme")
STRANGER = caller(*SCOPES, subject="stranger", tenant="globex")


def service_of(urls: DatabaseUrls, **settings: Any) -> Service:
    """The whole server on these databases."""
    return build(
        TicketingSettings(
            **{
                "public_url": "http://127.0.0.1:8102/mcp",
                "reader_url": SecretStr(urls.reader),
                "writer_url": SecretStr(urls.writer),
                # These tests call faster than people do; limits have tests of their own.
                "limit_server": 10**6,
                "limit_caller": 10**6,
                "limit_tool": 10**6,
                **settings,
            }
        )
    )


async def one_of(client: Client, status: str, place: int = 0) -> dict[str, Any]:
    """The ticket of that status that came last, or the one so many places before it."""
    found = await call(client, "search_tickets", status=status, limit=place + 1)
    ticket: dict[str, Any] = await call(client, "get_ticket", ticket_id=found["items"][place]["id"])
    return ticket


def a_ticket(**changes: Any) -> dict[str, Any]:
    """Arguments of create_ticket."""
    return {
        "title": "The coffee machine on floor seven leaks",
        "body": "Water under the machine since Monday morning.",
        "queue_id": "it-support",
        "requester_email": "mona@example.com",
        **changes,
    }


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
                found = await connection.fetch(f"SELECT t::text FROM ticketing.{table} AS t ORDER BY 1")
                rows.append([row[0] for row in found])
    return rows

"""Data set and callers of these tests."""

from datetime import date
from functools import partial
from typing import Any

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.testing.service import caller
from tests.fixtures.calls import call
from tests.fixtures.databases import content_of, service_on
from ticketing_mcp.sample_data.load import TABLES
from ticketing_mcp.sample_data.plan import Plan

PLAN = Plan(size=700, seed=7, until=date(2026, 6, 1))
SCOPES = ("tickets:read", "tickets:write", "tickets:reply")
ACME = caller("tickets:read", tenant="acme")
GLOBEX = caller("tickets:read", tenant="globex")
CLERK = caller(*SCOPES, subject="clerk", tenant="acme")
STRANGER = caller(*SCOPES, subject="stranger", tenant="globex")

service_of = partial(service_on, "ticketing")


async def one_of(client: Client, status: str, place: int = 0) -> dict[str, Any]:
    """The newest ticket of that status, or the one `place` positions after it."""
    found = await call(client, "search_tickets", status=status, limit=place + 1)
    ticket: dict[str, Any] = await call(client, "get_ticket", ticket_id=found["items"][place]["id"])
    return ticket


async def clocks(client: Client, ticket_id: str) -> dict[str, Any]:
    """The service-level clocks of a ticket."""
    (found,) = (await call(client, "get_sla_status", ticket_ids=ticket_id))["items"]
    return dict(found)


def a_ticket(**changes: Any) -> dict[str, Any]:
    """Arguments of create_ticket."""
    return {
        "title": "The coffee machine on floor seven leaks",
        "body": "Water under the machine since Monday morning.",
        "queue_id": "it-support",
        "requester_email": "mona@example.com",
        **changes,
    }


async def content(urls: DatabaseUrls) -> list[list[str]]:
    """All rows of all domain tables."""
    return await content_of(urls, "ticketing", TABLES)

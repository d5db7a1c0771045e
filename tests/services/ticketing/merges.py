"""Tickets of three requesters, and merges of them."""

from typing import Any

from mcp.client import Client

from tests.fixtures.calls import call, confirmed, walk

from .scene import a_ticket

ALICE, BOB, CY = "alice@example.com", "bob@example.com", "cy@example.com"


async def made(client: Client, email: str, name: str = "", **more: Any) -> str:
    """A new ticket of this requester."""
    title = f"Leak on floor {email} {more.pop('place', '')}"
    asked = {"requester_email": email, "requester_name": name or email.split("@")[0].title(), **more}
    ticket: str = (await call(client, "create_ticket", **a_ticket(title=title, **asked)))["ticket_id"]
    return ticket


async def merge(client: Client, tickets: Any, into: str) -> dict[str, Any]:
    return await confirmed(client, "merge_tickets", ticket_ids=tickets, into_id=into)


async def read(client: Client, ticket_id: str) -> dict[str, Any]:
    return await call(client, "get_ticket", ticket_id=ticket_id)


async def kinds(client: Client, ticket_id: str) -> list[tuple[str, Any]]:
    return [(one["kind"], one.get("detail")) for one in await walk(client, "get_history", ticket_id=ticket_id)]

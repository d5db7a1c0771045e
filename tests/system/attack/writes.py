"""Every write tool of the servers that own a database: calls that succeed, and how many effects there were."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from tests.fixtures.calls import records
from tests.system.load.wire import Wire

from .fleet import Server

COUNTED = {
    "orders": ("orders", "order_events", "inventory_adjustments", "shipments", "refunds"),
    "ticketing": ("tickets", "comments", "events", "links", "holds"),
}
"""Tables in which every write adds rows."""
WITH_DATABASE = tuple(COUNTED)


@dataclass(frozen=True)
class Write:
    """A call that writes, on a record that no other call has changed."""

    tool: str
    arguments: dict[str, Any]
    confirmed: bool = False
    """Whether a person must confirm it first."""

    def keyed(self, key: str | None = None) -> dict[str, Any]:
        """The arguments with an idempotency key, a new one if none is given."""
        return {**self.arguments, "idempotency_key": key or str(uuid4())}


class Writes:
    """Gives calls for a server.

    Args:
        wire: a client of acme.
        connection: a superuser's connection to the server's database, for what no tool can set up.
    """

    def __init__(self, server: Server, wire: Wire, connection: asyncpg.Connection) -> None:
        self._server = server
        self._wire = wire
        self._connection = connection
        self._number = 0

    async def of_each_tool(self) -> list[Write]:
        """One call of every write tool."""
        return await (self._of_orders() if self._server.name == "orders" else self._of_ticketing())

    async def _of_orders(self) -> list[Write]:
        self._number += 1
        delivered = await self._found("search_orders", {"status": "delivered", "limit": 5})
        shipped = await self._found("search_orders", {"status": "shipped", "limit": 1})
        parcels = await self._called("get_order", {"order_id": shipped[0]["id"]})
        note = f"Note {self._number}"
        new = {"customer_id": delivered[0]["customer_id"], "items": [{"sku": "LMP-0001", "quantity": 1}]}
        drafts = [(await self._called("create_draft_order", Write("", new).keyed()))["number"] for _ in range(3)]
        paid = "UPDATE orders.orders SET status = 'paid' WHERE number = $1 AND tenant_id = 'acme'"
        await self._connection.execute(paid, drafts[1])
        parcel = {"order_id": shipped[0]["id"], "shipment_id": parcels["shipments"][0]["id"]}
        stock = {"sku": "LMP-0001", "location": "ams-1", "change": 1, "reason": "received", "note": note}
        moved = {"sku": "LMP-0001", "from_location": "ams-1", "to_location": "cmh-1", "quantity": 1}
        refund = {"order_id": delivered[self._number % 5]["id"], "reason": "damaged", "amount_minor": self._number}
        return [
            Write("update_order_notes", {"order_id": drafts[0], "notes": note}),
            Write("update_shipping_address", {"order_id": drafts[0], "shipping_address": f"Ann, Quay {note}, Town"}),
            Write("create_draft_order", new),
            Write("create_shipment", {"order_id": drafts[1], "carrier": "DHL"}),
            Write("update_tracking", {**parcel, "expected_on": str(date(2027, 1, 1) + timedelta(days=self._number))}),
            Write("cancel_order", {"order_id": drafts[2], "reason": "Ordered twice"}, confirmed=True),
            Write("issue_refund", refund, confirmed=True),
            Write("adjust_inventory", stock, confirmed=True),
            Write("transfer_stock", moved, confirmed=True),
        ]

    async def _of_ticketing(self) -> list[Write]:
        self._number += 1
        tickets = []
        for place in range(7):
            created = await self._called(
                "create_ticket",
                {
                    "title": f"The printer {self._number}-{place} on floor seven is on fire",
                    "body": "Smoke.",
                    "queue_id": "it-support",
                    "requester_email": f"mona-{self._number}-{place}@example.com",
                    "idempotency_key": str(uuid4()),
                },
            )
            tickets.append(created["ticket_id"])
        new = {
            "title": f"Lamp {self._number}",
            "body": "It is dark.",
            "queue_id": "it-support",
            "requester_email": "mona@example.com",
        }
        return [
            Write("create_ticket", new),
            Write("add_internal_note", {"ticket_id": tickets[0], "body": "Seen."}),
            Write("update_ticket", {"ticket_id": tickets[0], "priority": "urgent"}),
            Write("assign_ticket", {"ticket_id": tickets[1], "assignee_id": "ada.lind"}),
            Write("transition_ticket", {"ticket_id": tickets[2], "status": "on-hold"}),
            Write("link_tickets", {"ticket_id": tickets[3], "other_id": tickets[0], "kind": "relates_to"}),
            Write("add_public_reply", {"ticket_id": tickets[4], "body": "Soon."}, confirmed=True),
            Write("close_ticket", {"ticket_id": tickets[5], "resolution": "Done."}, confirmed=True),
            Write("merge_tickets", {"ticket_ids": [tickets[6]], "into_id": tickets[0]}, confirmed=True),
        ]

    async def _found(self, tool: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of a list."""
        page = await self._called(tool, arguments)
        return page["items"] if "items" in page else records(page)

    async def _called(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        _, message = await self._wire.call(tool, arguments)
        assert "result" in message, message
        assert not message["result"].get("isError"), message
        content: dict[str, Any] = message["result"]["structuredContent"]
        return content


@asynccontextmanager
async def counting(server: Server) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to a server's database, for `effects`."""
    assert server.admin_url is not None
    connection = await asyncpg.connect(server.admin_url)
    try:
        yield connection
    finally:
        await connection.close()


async def effects(server: Server, connection: asyncpg.Connection) -> int:
    """Rows that writes have left so far, of all tenants."""
    schema = server.name
    counts = " + ".join(f"(SELECT count(*) FROM {schema}.{table})" for table in COUNTED[server.name])
    count: int = await connection.fetchval(f"SELECT {counts}")
    return count


async def perform(wire: Wire, write: Write, arguments: dict[str, Any]) -> dict[str, Any]:
    """Make the call, and confirm it where that is asked; the last message."""
    _, message = await wire.call(write.tool, arguments)
    code = code_in(message)
    if code is not None:
        server = "orders" if code.startswith("O-") else "ticketing"
        _, message = await wire.call(f"{server}_confirm_action", {"code": code})
    return message


def code_in(message: dict[str, Any]) -> str | None:
    """The confirmation code in a preview; None in any other message."""
    content = message.get("result", {}).get("structuredContent") or {}
    code: str | None = content.get("code") if content.get("status") == "confirmation_required" else None
    return code


def is_done(message: dict[str, Any]) -> bool:
    """Whether a write took effect, now or earlier."""
    result = message.get("result", {})
    content = result.get("structuredContent") or {}
    return bool(result) and not result.get("isError") and content.get("status") != "confirmation_required"


def is_replayed(message: dict[str, Any]) -> bool:
    """Whether the reply is an earlier one, repeated."""
    return bool((message.get("result", {}).get("_meta") or {}).get("fleet/replayed"))

"""Text that goes round through the orders server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from mcp.client import Client

from orders_mcp.sample_data.vocabulary import PRICE_LEVEL
from servicekit.core.allowances import Allowances, RefundAllowance
from servicekit.schema.marks import restore
from servicekit.testing.service import caller, connect
from tests.contract.text_trips import Shown, Stores, TextFields, Written, write
from tests.fixtures.calls import call, confirmed
from tests.fixtures.databases import owner_of, service_on

SCOPES = ("orders:read", "orders:write", "orders:approve")
# The orders of the data are old: refunds of any age are made, and those above 400 minor units wait for approval.
LIMIT = RefundAllowance(scope="orders:write", amounts=dict.fromkeys(PRICE_LEVEL, 400), days=3650)
CLERK = replace(caller(*SCOPES, subject="clerk"), allowances=Allowances(refunds=(LIMIT,)))


@asynccontextmanager
async def text_fields(stores: Stores) -> AsyncIterator[TextFields]:
    """All of them, on a database of their own."""
    service = service_on("orders", stores.urls)
    async with owner_of(stores.urls) as store, service.running(), connect(service, CLERK) as client:
        yield await _Orders(client, store).fields()


class _Orders:
    def __init__(self, client: Client, store: Any) -> None:
        self._client, self._store = client, store

    async def fields(self) -> TextFields:
        paid, pending, cancelled = await self._id("paid"), await self._id("pending"), await self._id("cancelled")
        refunded, waiting = await self._id_of_refund(), await self._request("A request")
        returned = str(await self._store.fetchval("SELECT order_id FROM orders.returns ORDER BY id LIMIT 1"))
        customer = str(await self._store.fetchval("SELECT id FROM orders.customers ORDER BY id LIMIT 1"))
        return TextFields(
            [
                self._order_with("shipping_address", paid),
                self._order_with("notes", paid),
                self._order_with("cancellation_reason", cancelled),
                self._order_with("discount_reason", paid),
                Shown(
                    "get_order.refunds[].note",
                    lambda text: self._set("refunds", "note", refunded, text, "order_id"),
                    lambda: self._of(refunded, lambda order: order["refunds"][0]["note"]),
                ),
                *(self._return_with(field, returned) for field in ("note", "step_note")),
                Shown(
                    "list_approvals.note",
                    lambda text: self._set("refund_requests", "note", waiting, text),
                    self._first_approval,
                ),
                Shown(
                    "get_order_timeline.note",
                    lambda text: self._set("order_events", "note", paid, text, "order_id"),
                    lambda: self._first_event(paid),
                ),
                Shown(
                    "get_customer.address",
                    lambda text: self._set("customers", "address", customer, text),
                    lambda: self._customer(customer, "address"),
                ),
                Shown(
                    "get_customer.name",
                    lambda text: self._set("customers", "name", customer, text),
                    lambda: self._customer(customer, "name"),
                ),
            ],
            [
                Written("update_order_notes.notes", lambda text: self._note(pending, text)),
                Written("update_order_notes.edits[].old", lambda text: self._edit_away(pending, text)),
                Written("update_order_notes.edits[].new", lambda text: self._edit_in(pending, text)),
                Written("update_shipping_address.shipping_address", lambda text: self._move(pending, text)),
                Written("create_draft_order.shipping_address", lambda text: self._draft(customer, text)),
                Written(
                    "update_draft_order.discount_reason",
                    lambda text: self._redraft(customer, "discount_reason", discount_percent=5, discount_reason=text),
                ),
                Written("cancel_order.reason", lambda text: self._cancel(customer, text)),
                Written("issue_refund.note", self._refund),
                Written("decline_refund.reason", self._decline),
                Written("adjust_inventory.note", self._adjust),
                Written("request_return.note", lambda text: self._return(text, "note")),
                Written("update_return.note", lambda text: self._return(text, "step_note")),
            ],
        )

    async def _id(self, status: str) -> str:
        return str(await self._store.fetchval("SELECT id FROM orders.orders WHERE status = $1 ORDER BY id", status))

    async def _id_of_refund(self) -> str:
        query = "SELECT order_id FROM orders.refunds GROUP BY order_id HAVING count(*) = 1 ORDER BY order_id"
        return str(await self._store.fetchval(query))

    def _order_with(self, field: str, order_id: str) -> Shown:
        return Shown(
            f"get_order.{field}",
            lambda text: self._set("orders", field, order_id, text),
            lambda: self._of(order_id, lambda order: order[field]),
        )

    def _return_with(self, field: str, order_id: str) -> Shown:
        return Shown(
            f"get_order.returns[].{field}",
            lambda text: self._set("returns", field, order_id, text, "order_id"),
            lambda: self._of(order_id, lambda order: order["returns"][0][field]),
        )

    async def _set(self, table: str, column: str, identifier: str, text: str, by: str = "id") -> None:
        statement = f"UPDATE orders.{table} SET {column} = $2 WHERE {by} = $1::text::uuid"  # names of ours
        await self._store.execute(statement, identifier, text)

    async def _stored(self, table: str, column: str, identifier: str, by: str = "id") -> str | None:
        query = f"SELECT {column} FROM orders.{table} WHERE {by} = $1::text::uuid"  # names of ours
        found: str | None = await self._store.fetchval(query, identifier)
        return found

    async def _of(self, order_id: str, chosen: Any) -> str:
        text: str = chosen(await call(self._client, "get_order", order_id=order_id))
        return text

    async def _first_approval(self) -> str:
        text: str = (await call(self._client, "list_approvals"))["items"][0]["note"]
        return text

    async def _first_event(self, order_id: str) -> str:
        events = (await call(self._client, "get_order_timeline", order_id=order_id))["items"]
        text: str = events[0]["note"]
        return text

    async def _customer(self, customer_id: str, field: str) -> str:
        text: str = (await call(self._client, "get_customer", customer_id=customer_id))[field]
        return text

    async def _note(self, order_id: str, text: str) -> str | None:
        await write(self._client, "update_order_notes", order_id=order_id, notes=text)
        return await self._stored("orders", "notes", order_id)

    async def _edit_away(self, order_id: str, text: str) -> str | None:
        await self._set("orders", "notes", order_id, restore(text))
        edits = [{"old": text, "new": "new"}]
        await write(self._client, "update_order_notes", order_id=order_id, edits=edits)
        assert await self._stored("orders", "notes", order_id) == "new"
        return restore(text)

    async def _edit_in(self, order_id: str, text: str) -> str | None:
        await self._set("orders", "notes", order_id, "old")
        edits = [{"old": "old", "new": text}]
        await write(self._client, "update_order_notes", order_id=order_id, edits=edits)
        return await self._stored("orders", "notes", order_id)

    async def _move(self, order_id: str, text: str) -> str | None:
        await write(self._client, "update_shipping_address", order_id=order_id, shipping_address=text)
        return await self._stored("orders", "shipping_address", order_id)

    async def _draft(self, customer_id: str, text: str) -> str | None:
        return await self._stored("orders", "shipping_address", await self._drafted(customer_id, text))

    async def _redraft(self, customer_id: str, field: str, **arguments: Any) -> str | None:
        order_id = await self._drafted(customer_id)
        await write(self._client, "update_draft_order", order_id=order_id, **arguments)
        return await self._stored("orders", field, order_id)

    async def _drafted(self, customer_id: str, address: str | None = None) -> str:
        sku = await self._store.fetchval("SELECT sku FROM orders.products ORDER BY sku LIMIT 1")
        items = [{"sku": sku, "quantity": 1}]
        made = await write(
            self._client,
            "create_draft_order",
            customer_id=customer_id,
            items=items,
            shipping_address=address,
        )
        order_id: str = made["order_id"]
        return order_id

    async def _cancel(self, customer_id: str, text: str) -> str | None:
        order_id = await self._drafted(customer_id, "An address of more than ten characters")
        await confirmed(self._client, "cancel_order", order_id=order_id, reason=text)
        return await self._stored("orders", "cancellation_reason", order_id)

    async def _refund(self, text: str) -> str | None:
        query = "SELECT order_id FROM orders.payments WHERE captured_minor > refunded_minor + 1000 ORDER BY order_id"
        order_id = str(await self._store.fetchval(query))
        await confirmed(self._client, "issue_refund", order_id=order_id, reason="goodwill", amount_minor=1, note=text)
        query = "SELECT note FROM orders.refunds WHERE order_id = $1::text::uuid ORDER BY created_at DESC LIMIT 1"
        found: str | None = await self._store.fetchval(query, order_id)
        return found

    async def _request(self, note: str) -> str:
        """The id of a refund that waits for approval."""
        query = (
            "SELECT order_id FROM orders.payments WHERE captured_minor > refunded_minor + 1000 ORDER BY order_id DESC"
        )
        asked = {"order_id": str(await self._store.fetchval(query)), "reason": "goodwill", "amount_minor": 500}
        made = await confirmed(self._client, "issue_refund", **asked, note=note)
        refund_id: str = made["refund_id"]
        return refund_id

    async def _decline(self, text: str) -> str | None:
        refund_id = await self._request("A request")
        await write(self._client, "decline_refund", refund_id=refund_id, reason=text)
        return await self._stored("refund_requests", "decision_note", refund_id)

    async def _return(self, text: str, column: str) -> str | None:
        """A return with this note, which is then rejected, so that the next one can be requested."""
        query = (
            "SELECT order_id FROM orders.shipments AS s WHERE status = 'delivered' AND NOT EXISTS ("
            "SELECT FROM orders.returns AS r WHERE r.order_id = s.order_id AND status <> 'rejected') ORDER BY order_id"
        )
        order_id = str(await self._store.fetchval(query))
        made = await write(self._client, "request_return", order_id=order_id, reason="other", note=text)
        await write(self._client, "update_return", return_id=made["id"], status="rejected", note=text)
        return await self._stored("returns", column, made["id"])

    async def _adjust(self, text: str) -> str | None:
        row = await self._store.fetchrow("SELECT sku, location FROM orders.inventory ORDER BY sku, location LIMIT 1")
        where = {"sku": row["sku"], "location": row["location"]}
        await confirmed(self._client, "adjust_inventory", **where, change=1, reason="received", note=text)
        query = "SELECT note FROM orders.inventory_adjustments WHERE sku = $1 ORDER BY made_at DESC LIMIT 1"
        found: str | None = await self._store.fetchval(query, row["sku"])
        return found

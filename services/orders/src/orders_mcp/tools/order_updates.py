"""Changing an order: its notes and address, stopping it, giving money back."""

from typing import Annotated

from pydantic import Field, StringConstraints

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId, ShippingAddress
from orders_mcp.models.order_updates import address_change, cancellation, notes_change, refund
from orders_mcp.models.orders import Order, OrderShipments, RefundReason
from orders_mcp.models.previews import (
    CancellationPreview,
    RefundPreview,
    cancellation_preview,
    refund_preview,
    refunded_money,
    voided_money,
)
from orders_mcp.models.write_results import (
    CancelledOrder,
    OrderNotes,
    RefundedOrder,
    cancelled_order,
    order_notes,
    refunded_order,
)
from orders_mcp.ports import OrderWriter
from orders_mcp.tools.quotes import RefundAmount

Notes = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    Field(description="The new notes, whole; empty to have none."),
]
CancellationReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(description="Why, in a sentence; it is kept with the order."),
]
RefundNote = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    Field(description="What else to know about this refund."),
]


class OrderUpdateTools:
    """Changes. Each locks the order before it looks, and each preview decides as its tool does."""

    def __init__(self, changes: OrderWriter) -> None:
        self._changes = changes

    async def update_order_notes(self, order_id: OrderId, notes: Notes) -> OrderNotes:
        """Replace the notes on an order, in any status. Read them with get_order first: what was there is gone."""
        order = await self._lock(order_id)
        return order_notes(await self._changes.apply(order, notes_change(order, notes or None)))

    async def update_shipping_address(self, order_id: OrderId, shipping_address: ShippingAddress) -> OrderShipments:
        """Send an order somewhere else, as long as it is a draft, pending or paid. The customer keeps their address."""
        order = await self._lock(order_id)
        return OrderShipments.of(await self._changes.apply(order, address_change(order, shipping_address)))

    async def cancel_order(self, order_id: OrderId, reason: CancellationReason) -> CancelledOrder:
        """Stop a draft, pending or paid order for good: voids authorized payments and refunds captured ones.

        See quote_cancellation first. What has shipped is refunded instead, with issue_refund.
        """
        order = await self._lock(order_id)
        change = cancellation(order, reason)
        changed = await self._changes.apply(order, change)
        return cancelled_order(changed, voided_money(order, change), refunded_money(order, change))

    async def preview_cancellation(self, order_id: OrderId, reason: CancellationReason) -> CancellationPreview:
        """What cancel_order would do."""
        order = await self._lock(order_id)
        return cancellation_preview(order, cancellation(order, reason))

    async def issue_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundedOrder:
        """Give money back to the payments it came from: all that is left, or amount_minor of it. Cannot be undone.

        See quote_refund first. The rules are in policy://refunds. To stop an order that has not shipped, cancel_order.
        """
        order = await self._lock(order_id)
        change = refund(order, amount_minor, reason, note)
        changed = await self._changes.apply(order, change)
        return refunded_order(changed, refunded_money(order, change))

    async def preview_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundPreview:
        """What issue_refund would do."""
        order = await self._lock(order_id)
        return refund_preview(order, refund(order, amount_minor, reason, note), reason)

    async def _lock(self, order_id: OrderId) -> Order:
        order = await self._changes.lock(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order

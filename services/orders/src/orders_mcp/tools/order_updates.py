"""Tools that change an order: notes, address, cancellation, refund."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId, ShippingAddress
from orders_mcp.models.order_updates import (
    LONGEST_NOTES,
    address_change,
    cancellation,
    edited_notes,
    notes_change,
    refund,
)
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
from servicekit.core import Refused
from servicekit.schema import FreeText, TextEdits

NoteEdits = Annotated[TextEdits, Field(description="Changes of the notes; the rest of them stays as it is.")]
Notes = Annotated[str, FreeText(LONGEST_NOTES, "The complete new notes.")]
RemoveNotes = Annotated[bool, Field(description="Remove the notes instead.")]
CancellationReason = Annotated[str, FreeText(500, "One sentence, stored with the order.")]
RefundNote = Annotated[str, FreeText(1000, "More about this refund.")]


class OrderUpdateTools:
    """Order updates, computed under a row lock. Previews apply the same rules as their tools."""

    def __init__(self, writer: OrderWriter) -> None:
        self._writer = writer

    async def update_order_notes(
        self,
        order_id: OrderId,
        edits: NoteEdits | None = None,
        notes: Notes | None = None,
        remove: RemoveNotes = False,
    ) -> OrderNotes:
        """Write a note (remark, comment, instruction) on an order, for colleagues or the delivery, in any status:
        change a part (edits), replace everything (notes) or remove it."""
        if [edits is not None, notes is not None, remove].count(True) != 1:
            raise Refused(
                "Give one of edits, notes and remove: `edits` change a part of the notes, `notes` replaces them, and "
                "remove=true removes them."
            )
        order = await self._locked_order(order_id)
        if edits is not None:
            notes = edited_notes(order, edits)
        return order_notes(await self._writer.apply(order, notes_change(order, notes)))

    async def update_shipping_address(self, order_id: OrderId, shipping_address: ShippingAddress) -> OrderShipments:
        """Change the address to which an order goes, before it ships: wrong street, deliver it elsewhere. The
        customer's own address stays."""
        order = await self._locked_order(order_id)
        return OrderShipments.of(await self._writer.apply(order, address_change(order, shipping_address)))

    async def cancel_order(self, order_id: OrderId, reason: CancellationReason) -> CancelledOrder:
        """Cancel an order (call off, stop, void) that has not shipped and is not wanted any more. Permanent: payments
        are voided or refunded.

        Call quote_cancellation first; a person confirms.
        """
        order = await self._locked_order(order_id)
        update = cancellation(order, reason)
        changed = await self._writer.apply(order, update)
        return cancelled_order(changed, voided_money(order, update), refunded_money(order, update))

    async def preview_cancellation(self, order_id: OrderId, reason: CancellationReason) -> CancellationPreview:
        """Preview of cancel_order."""
        order = await self._locked_order(order_id)
        return cancellation_preview(order, cancellation(order, reason))

    async def issue_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundedOrder:
        """Refund (reimburse) a customer: give or pay money back for an order that was damaged, broken, wrong or never
        arrived; all of it, or amount_minor. Cannot be undone.

        Call quote_refund first; a person confirms.
        """
        order = await self._locked_order(order_id)
        update = refund(order, amount_minor, reason, note)
        changed = await self._writer.apply(order, update)
        return refunded_order(changed, refunded_money(order, update))

    async def preview_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundPreview:
        """Preview of issue_refund."""
        order = await self._locked_order(order_id)
        return refund_preview(order, refund(order, amount_minor, reason, note), reason)

    async def _locked_order(self, order_id: OrderId) -> Order:
        order = await self._writer.lock(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order

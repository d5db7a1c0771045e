"""Tools that change the notes and the address of an order."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.addresses import address_change
from orders_mcp.models.card_numbers import NO_CARD_NUMBER, refuse_card_numbers
from orders_mcp.models.identifiers import OrderId, ShippingAddress
from orders_mcp.models.notes import LONGEST_NOTES, OrderNotes, edited_notes, notes_change, order_notes
from orders_mcp.models.order_shipments import OrderShipments
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.locking import locked_order
from servicekit.core import Refused
from servicekit.schema import FreeText, TextEdits

NoteEdits = Annotated[TextEdits, Field(description="Changes of the notes; the rest of them stays as it is.")]
Notes = Annotated[str, FreeText(LONGEST_NOTES, "The complete new notes."), NO_CARD_NUMBER]
RemoveNotes = Annotated[bool, Field(description="Remove the notes instead.")]


class OrderDetailTools:
    """Changes of notes and address, computed under a row lock."""

    def __init__(self, writer: OrderWriter) -> None:
        self._writer = writer

    async def update_order_notes(
        self,
        order_id: OrderId,
        edits: NoteEdits | None = None,
        notes: Notes | None = None,
        remove: RemoveNotes = False,
    ) -> OrderNotes:
        """Write a note (remark, comment, instruction) on an order, for colleagues or the delivery: change a part
        (edits), replace everything (notes) or remove it."""
        if [edits is not None, notes is not None, remove].count(True) != 1:
            raise Refused(
                "Give one of edits, notes and remove: `edits` change a part of the notes, `notes` replaces them, and "
                "remove=true removes them."
            )
        order = await locked_order(self._writer, order_id)
        if edits is not None:
            notes = edited_notes(order, edits)
            refuse_card_numbers(notes=notes)
        return order_notes(await self._writer.apply(order, notes_change(order, notes)))

    async def update_shipping_address(self, order_id: OrderId, shipping_address: ShippingAddress) -> OrderShipments:
        """Change the address to which an order goes, before it ships: wrong street, deliver it elsewhere. The
        customer's own address stays."""
        order = await locked_order(self._writer, order_id)
        return OrderShipments.of(await self._writer.apply(order, address_change(order, shipping_address)))

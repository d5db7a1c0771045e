"""Notes of an order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.identifiers import StaffText
from orders_mcp.models.order_updates import NewEvent, OrderUpdate, unchanged
from orders_mcp.models.orders import Order
from servicekit.core import Refused
from servicekit.schema import TextEdit, apply_edits

LONGEST_NOTES: Final = 2000
"""Characters of an order's notes."""


def edited_notes(order: Order, edits: Sequence[TextEdit]) -> str | None:
    """The notes after edits; None where nothing is left.

    Raises:
        Refused: the edits do not fit, or the notes would be too long.
    """
    notes = apply_edits(order.notes or "", edits, f"the notes of order {order.number}")
    if len(notes) > LONGEST_NOTES:
        raise Refused(f"The notes would have {len(notes)} characters, more than {LONGEST_NOTES}. Shorten them.")
    return notes if notes.strip() else None


def notes_change(order: Order, notes: str | None) -> OrderUpdate:
    """Replace or remove the notes, in any status."""
    return replace(unchanged(order), notes=notes, events=(NewEvent("note_changed"),))


class OrderNotes(ChangedOrder):
    """The notes of an order; absent if there are none."""

    notes: StaffText | None = None


def order_notes(order: Order) -> OrderNotes:
    return OrderNotes(**changed(order), notes=order.notes)

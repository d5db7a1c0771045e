"""The timeline of an order."""

from datetime import datetime
from typing import Annotated, Literal

from orders_mcp.models.money import Money
from servicekit.schema import Author, Record, Untrusted

EventKind = Literal[
    "draft_created",
    "draft_changed",
    "placed",
    "payment_failed",
    "payment_authorized",
    "payment_captured",
    "payment_voided",
    "shipped",
    "tracking_changed",
    "delivered",
    "cancelled",
    "refunded",
    "refund_requested",
    "refund_declined",
    "refund_withdrawn",
    "note_changed",
    "address_changed",
    "return_requested",
    "return_received",
    "return_inspected",
    "return_refunded",
    "return_restocked",
    "return_rejected",
    "return_cancelled",
]


Actor = Literal["customer", "staff", "system"]


def author_of_event(event: "OrderEvent") -> Author:
    return "customer" if event.actor == "customer" else "staff"


class OrderEvent(Record):
    """An entry of the order timeline. `made_by` is the account of the person or client that acted, where known."""

    sequence: int
    at: datetime
    kind: EventKind
    actor: Actor
    made_by: str | None = None
    amount: Money | None = None
    note: Annotated[str, Untrusted(author_of_event)] | None = None

"""Texts of an order that customers or staff wrote."""

from typing import Annotated, Any

from pydantic import Field

from orders_mcp.models.timeline import EventKind
from servicekit.schema import Author, Untrusted

StaffWrote = Annotated[frozenset[EventKind], Field(exclude=True)]
"""Events by staff that changed a text of the order. Without one, the text is the customer's."""


def by_staff(kind: EventKind) -> Untrusted:
    """A text that staff wrote if the order has an event of this kind by staff, else the customer."""

    def author(record: Any) -> Author:
        return "staff" if kind in record.staff_wrote else "customer"

    return Untrusted(author)


ShippingAddress = Annotated[str, by_staff("address_changed")]

"""Parcels of an order."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from servicekit.schema import Record

ShipmentStatus = Literal["preparing", "in_transit", "delivered", "lost", "returned"]


class ShippedLine(Record):
    """Pieces of one product in a parcel."""

    sku: str
    quantity: int


class Shipment(Record):
    """One parcel. `replaces` names the parcel whose pieces it sends again, `location` the warehouse that sent it.

    `days_late`: days after `expected_on`, until it was delivered or until today if it is under way, in the shop's time
    zone; absent while it is not late.
    """

    id: UUID
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None = None
    replaces: UUID | None = None
    location: str | None = None
    lines: list[ShippedLine]
    shipped_at: datetime | None = None
    expected_on: date | None = None
    days_late: int | None = None
    delivered_at: datetime | None = None

    @property
    def pieces(self) -> dict[str, int]:
        """Its pieces, by product code."""
        return {line.sku: line.quantity for line in self.lines}

"""Parcels of an order."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from servicekit.schema import Record

ShipmentStatus = Literal["preparing", "in_transit", "delivered", "lost", "returned"]


class Shipment(Record):
    """One parcel."""

    id: UUID
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None = None
    shipped_at: datetime | None = None
    expected_on: date | None = None
    delivered_at: datetime | None = None

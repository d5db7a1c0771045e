"""Returns: pieces of an order that come back, and the steps that a return takes."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from orders_mcp.models.identifiers import StaffText
from servicekit.schema import Record

ReturnStatus = Literal["requested", "received", "inspected", "refunded", "restocked", "rejected", "cancelled"]
RETURN_STATUSES: tuple[ReturnStatus, ...] = get_args(ReturnStatus)
RETURN_MEANINGS: dict[ReturnStatus, str] = {
    "requested": "asked for by the customer, the pieces are not back yet",
    "received": "the pieces are back, not inspected yet",
    "inspected": "some or all pieces are accepted, not refunded yet",
    "refunded": "the accepted pieces are paid back",
    "restocked": "the accepted pieces that can be sold again are in stock",
    "rejected": "no piece is accepted",
    "cancelled": "the customer keeps the pieces",
}
NEXT_RETURN_STATUSES: dict[ReturnStatus, tuple[ReturnStatus, ...]] = {
    "requested": ("received", "inspected", "rejected", "cancelled"),
    "received": ("inspected", "rejected"),
    "inspected": ("refunded", "restocked", "rejected"),
    "refunded": ("restocked",),
    "restocked": ("refunded",),
    "rejected": (),
    "cancelled": (),
}
"""The return state machine: allowed next statuses. A return is refunded and restocked in either order, each once."""

ReturnReason = Literal["damaged", "wrong_item", "changed_mind", "other", "undeliverable"]
"""Why pieces come back. `undeliverable`: the carrier brought the parcel back."""


class ReturnLine(Record):
    """Pieces of one product in a return. `accepted` is set by the inspection; `damaged` ones of them are refunded but
    not restocked."""

    sku: str
    quantity: int
    accepted: int | None = None
    damaged: int = 0
    refunded: int = 0
    restocked: int = 0

    @property
    def expected(self) -> int:
        """Pieces that are accepted or, before the inspection, may be."""
        return self.quantity if self.accepted is None else self.accepted

    @property
    def to_refund(self) -> int:
        """Pieces whose refund is not recorded."""
        return max(0, self.expected - self.refunded)

    @property
    def to_restock(self) -> int:
        """Accepted pieces that can be sold again and are not in stock."""
        return max(0, (self.accepted or 0) - self.damaged - self.restocked)


class Return(Record):
    """A return. `note` was written when it was requested, `step_note` with its latest step. `shipment_id` names the
    parcel that the carrier brought back; `location` the warehouse that keeps the pieces."""

    id: UUID
    status: ReturnStatus
    reason: ReturnReason
    note: StaffText | None = None
    step_note: StaffText | None = None
    shipment_id: UUID | None = None
    location: str | None = None
    lines: list[ReturnLine]
    requested_at: datetime
    status_at: datetime
    received_at: datetime | None = None
    inspected_at: datetime | None = None
    refunded_at: datetime | None = None
    restocked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether a step is left."""
        return bool(self.next_statuses)

    @property
    def next_statuses(self) -> tuple[ReturnStatus, ...]:
        """The statuses that it can have next."""
        settled = any(line.refunded or line.restocked for line in self.lines)
        done = {
            "refunded": self.refunded_at is not None,
            "restocked": self.restocked_at is not None or not any(line.to_restock for line in self.lines),
            "rejected": self.inspected_at is not None and settled,
        }
        return tuple(status for status in NEXT_RETURN_STATUSES[self.status] if not done.get(status, False))

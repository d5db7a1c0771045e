"""Returns of delivered orders: requested, received, inspected, rejected or cancelled, none refunded yet."""

from datetime import datetime, timedelta
from typing import Final

from orders_mcp.models.returns import ReturnStatus
from orders_mcp.sample_data.orders import OrderRows
from orders_mcp.sample_data.plan import Plan
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row

RETURN_COLUMNS: Final = (
    "tenant_id", "order_id", "id", "status", "reason", "requested_at", "requested_by", "status_at", "received_at",
    "inspected_at",
)  # fmt: skip
LINE_COLUMNS: Final = ("tenant_id", "order_id", "return_id", "sku", "quantity", "accepted", "damaged")
_SHARE: Final = 20
"""Per mille of delivered orders, beside the first of each tenant."""
_STATUS, _UPDATED_AT, _SKU, _QUANTITY = 4, 16, 3, 5
_STATES: Final[tuple[ReturnStatus, ...]] = (
    "requested", "requested", "received", "received", "inspected", "inspected", "rejected", "cancelled",
)  # fmt: skip
_STEP: Final = timedelta(days=3)


class Returns:
    """Collects the returns of one tenant's orders."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_first = True
        self.rows: list[Row] = []
        self.lines: list[Row] = []

    def ask(self, made: OrderRows) -> None:
        """The customer of some delivered orders asks to return the first line."""
        tenant_id, order_id, number = made.order[:3]
        if made.order[_STATUS] != "delivered" or made.refunds:
            return
        draws = Draws(self._plan.seed, f"return-{tenant_id}", int(number[4:]))
        if not (self._is_first or draws.chance(_SHARE)):
            return
        at: datetime = made.order[_UPDATED_AT]
        identifier = draws.identifier(int(at.timestamp() * 1000))
        drawn = draws.pick(_STATES)
        status: ReturnStatus = "requested" if self._is_first or at + 2 * _STEP > self._plan.end else drawn
        self._is_first = False
        received = at + _STEP if status in ("received", "inspected", "rejected") else None
        inspected = at + 2 * _STEP if status in ("inspected", "rejected") else None
        cancelled = at + _STEP if status == "cancelled" else None
        latest = inspected or received or cancelled or at
        self.rows.append(
            (tenant_id, order_id, identifier, status, "changed_mind", at, None, latest, received, inspected)
        )
        sku, quantity = made.items[0][_SKU], made.items[0][_QUANTITY]
        accepted = {"inspected": quantity, "rejected": 0}.get(status)
        damaged = 1 if status == "inspected" and draws.chance(250) else 0
        self.lines.append((tenant_id, order_id, identifier, sku, quantity, accepted, damaged))

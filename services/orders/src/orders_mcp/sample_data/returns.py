"""Returns that customers asked for and that did not arrive yet."""

from typing import Final

from orders_mcp.sample_data.orders import OrderRows
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row

RETURN_COLUMNS: Final = (
    "tenant_id", "order_id", "id", "status", "reason", "requested_at", "requested_by", "status_at",
)  # fmt: skip
LINE_COLUMNS: Final = ("tenant_id", "order_id", "return_id", "sku", "quantity")
_SHARE: Final = 20
"""Per mille of delivered orders, beside the first of each tenant."""
_STATUS, _UPDATED_AT, _SKU, _QUANTITY = 4, 16, 3, 5


class Returns:
    """Collects the returns of one tenant's orders."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._is_first = True
        self.rows: list[Row] = []
        self.lines: list[Row] = []

    def ask(self, made: OrderRows) -> None:
        """The customer of some delivered orders asks to return the first line."""
        tenant_id, order_id, number = made.order[:3]
        if made.order[_STATUS] != "delivered" or made.refunds:
            return
        draws = Draws(self._seed, f"return-{tenant_id}", int(number[4:]))
        if not (self._is_first or draws.chance(_SHARE)):
            return
        self._is_first = False
        at = made.order[_UPDATED_AT]
        identifier = draws.identifier(int(at.timestamp() * 1000))
        self.rows.append((tenant_id, order_id, identifier, "requested", "changed_mind", at, None, at))
        self.lines.append((tenant_id, order_id, identifier, made.items[0][_SKU], made.items[0][_QUANTITY]))

"""Suggestions while somebody types an argument."""

from orders_mcp.models.orders import ORDER_STATUSES
from orders_mcp.ports import Orders
from servicekit.storage.search_terms import fold

_SUGGESTIONS = 20
_NUMBER_START = "ORD-"


class OrderCompletions:
    """Completions, all within the caller's tenant."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def status(self, prefix: str) -> list[str]:
        """Statuses that begin with what was typed, in the order of an order's life."""
        return [status for status in ORDER_STATUSES if status.startswith(fold(prefix).strip())]

    async def order_number(self, prefix: str) -> list[str]:
        """Order numbers, newest first; ORD- may be left out."""
        typed = fold(prefix).strip().upper()
        if not _NUMBER_START.startswith(typed[:4]):
            typed = _NUMBER_START + typed
        return list(await self._orders.numbers(typed, _SUGGESTIONS))

    async def customer_email(self, prefix: str) -> list[str]:
        """E-mails of customers, in order."""
        return list(await self._orders.emails(fold(prefix).strip(), _SUGGESTIONS))

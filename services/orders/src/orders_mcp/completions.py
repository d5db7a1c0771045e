"""Completions for order status, order number and customer e-mail."""

from orders_mcp.models.statuses import ORDER_STATUSES
from orders_mcp.ports.orders import Orders
from servicekit.storage.search_terms import fold

_SUGGESTIONS = 20
_NUMBER_START = "ORD-"


class OrderCompletions:
    """Suggests values of the caller's tenant."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def status(self, prefix: str) -> list[str]:
        """Matching statuses, in lifecycle order."""
        return [status for status in ORDER_STATUSES if status.startswith(fold(prefix).strip())]

    async def order_number(self, prefix: str) -> list[str]:
        """Matching order numbers, newest first; the prefix ORD- is optional."""
        typed = fold(prefix).strip().upper()
        if not _NUMBER_START.startswith(typed[:4]):
            typed = _NUMBER_START + typed
        return list(await self._orders.numbers(typed, _SUGGESTIONS))

    async def customer_email(self, prefix: str) -> list[str]:
        """Matching customer e-mails, sorted."""
        return list(await self._orders.emails(fold(prefix).strip(), _SUGGESTIONS))

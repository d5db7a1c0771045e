"""Tools that quote and make cancellations."""

from typing import Annotated

from orders_mcp.models.cancellations import (
    CancellationPreview,
    CancellationQuote,
    CancelledOrder,
    cancellation,
    cancellation_preview,
    cancellation_quote,
    cancelled_order,
    voided_money,
)
from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_shares import (
    refunded_money,
)
from orders_mcp.ports.orders import OrderReader
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.locking import locked_order
from servicekit.schema import FreeText

CancellationReason = Annotated[str, FreeText(500, "One sentence, stored with the order."), NO_CARD_NUMBER]


class CancellationTools:
    """Quotes, and cancellations under a row lock. Quote, preview and write apply the same rules."""

    def __init__(self, orders: OrderReader, writer: OrderWriter) -> None:
        self._orders = orders
        self._writer = writer

    async def quote_cancellation(self, order_id: OrderId) -> CancellationQuote:
        """Whether it is possible to stop an order or too late, and what would happen to its payment and stock.

        Changes nothing; cancel_order does it.
        """
        return cancellation_quote(await self._order(order_id))

    async def cancel_order(self, order_id: OrderId, reason: CancellationReason) -> CancelledOrder:
        """Cancel an order (call off, stop, void) that has not shipped and is not wanted any more. Permanent: payments
        are voided or refunded.

        Call quote_cancellation first; a person confirms.
        """
        order = await locked_order(self._writer, order_id)
        update = cancellation(order, reason)
        changed = await self._writer.apply(order, update)
        return cancelled_order(changed, voided_money(order, update), refunded_money(order, update))

    async def preview_cancellation(self, order_id: OrderId, reason: CancellationReason) -> CancellationPreview:
        """Preview of cancel_order."""
        order = await locked_order(self._writer, order_id)
        return cancellation_preview(order, cancellation(order, reason))

    async def _order(self, order_id: OrderId) -> Order:
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order

"""Quote tools: the effect of a refund or cancellation, without making it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from orders_mcp.models.cancellations import CancellationQuote, cancellation_quote
from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.orders import Order
from orders_mcp.models.refunds import ExceedsRefundable, RefundQuote, refund_quote
from orders_mcp.ports import OrderReader
from servicekit.core import Refused
from servicekit.schema import Exact

RefundAmount = Annotated[
    int,
    Field(ge=1, le=10**12, description="Minor units of its currency (1999 is 19.99 EUR); omit for everything."),
    Exact(empty=True),  # an empty amount is not everything
]


def _now() -> datetime:
    return datetime.now(UTC)


class QuoteTools:
    """Quotes. `now` is the clock for refund windows."""

    def __init__(self, orders: OrderReader, now: Callable[[], datetime] = _now) -> None:
        self._orders = orders
        self._now = now

    async def quote_refund(self, order_id: OrderId, amount_minor: RefundAmount | None = None) -> RefundQuote:
        """How much of an order is refundable (could be paid back) at most, and whether a person must approve it.

        Changes nothing; issue_refund does it. Rules: policy://refunds.
        """
        try:
            return refund_quote(await self._order(order_id), amount_minor, self._now())
        except ExceedsRefundable as problem:
            raise Refused(str(problem)) from None

    async def quote_cancellation(self, order_id: OrderId) -> CancellationQuote:
        """Whether it is possible to stop an order or too late, and what would happen to its payment and stock.

        Changes nothing; cancel_order does it.
        """
        return cancellation_quote(await self._order(order_id))

    async def _order(self, order_id: OrderId) -> Order:
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order

"""Tools that quote and make refunds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refunds import (
    ExceedsRefundable,
    RefundedOrder,
    RefundPreview,
    RefundQuote,
    refund,
    refund_preview,
    refund_quote,
    refunded_money,
    refunded_order,
)
from orders_mcp.ports.orders import OrderReader
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.locking import locked_order
from servicekit.core import Refused
from servicekit.schema import Exact, FreeText

RefundAmount = Annotated[
    int,
    Field(ge=1, le=10**12, description="Minor units of its currency (1999 is 19.99 EUR); omit for everything."),
    Exact(empty=True),  # an empty amount is not everything
]
RefundNote = Annotated[str, FreeText(1000, "More about this refund.")]


def _now() -> datetime:
    return datetime.now(UTC)


class RefundTools:
    """Quotes, and refunds under a row lock. `now` is the clock for refund windows."""

    def __init__(self, orders: OrderReader, writer: OrderWriter, now: Callable[[], datetime] = _now) -> None:
        self._orders = orders
        self._writer = writer
        self._now = now

    async def quote_refund(self, order_id: OrderId, amount_minor: RefundAmount | None = None) -> RefundQuote:
        """How much of an order is refundable (could be paid back) at most, and whether a person must approve it.

        Changes nothing; issue_refund does it. Rules: policy://refunds.
        """
        try:
            return refund_quote(await self._order(order_id), amount_minor, self._now())
        except ExceedsRefundable as problem:
            raise Refused(str(problem)) from None

    async def issue_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundedOrder:
        """Refund (reimburse) a customer: give or pay money back for an order that was damaged, broken, wrong or never
        arrived; all of it, or amount_minor. Cannot be undone.

        Call quote_refund first; a person confirms.
        """
        order = await locked_order(self._writer, order_id)
        update = refund(order, amount_minor, reason, note)
        changed = await self._writer.apply(order, update)
        return refunded_order(changed, refunded_money(order, update))

    async def preview_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        amount_minor: RefundAmount | None = None,
        note: RefundNote | None = None,
    ) -> RefundPreview:
        """Preview of issue_refund."""
        order = await locked_order(self._writer, order_id)
        return refund_preview(order, refund(order, amount_minor, reason, note), reason)

    async def _order(self, order_id: OrderId) -> Order:
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order

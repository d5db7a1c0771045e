"""Tools that quote and make refunds."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import Location, OrderId
from orders_mcp.models.lines import MOST_LINES, OrderLine
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_decisions import RefundDecision, RefundWish, decide_refund
from orders_mcp.models.refund_limits import limits_of_caller
from orders_mcp.models.refunds import (
    RefundedOrder,
    RefundPreview,
    RefundQuote,
    refund_preview,
    refund_quote,
    refund_update,
    refunded_order,
)
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.clock import utc_now
from orders_mcp.tools.locking import locked_order
from orders_mcp.tools.lookups import warehouse_code
from servicekit.schema import Exact, FreeText

# Empty lines and an empty amount are not everything.
RefundLines = Annotated[
    list[OrderLine],
    Field(max_length=MOST_LINES, description="Only these. Without quantity: all left."),
    Exact(empty=True),
]
Shipping = Annotated[bool, Field(description="The fee too; alone: only that.")]
RefundAmount = Annotated[
    int, Field(ge=1, le=10**12, description="Instead: minor units (1999 is 19.99 EUR)."), Exact(empty=True)
]
Restock = Annotated[Location, Field(description="Warehouse that gets the pieces back.")]
RefundNote = Annotated[str, FreeText(1000, "More about this refund."), NO_CARD_NUMBER]


class RefundTools:
    """Quotes, and refunds under a row lock. `now` is the clock for refund windows."""

    def __init__(self, orders: Orders, writer: OrderWriter, now: Callable[[], datetime] = utc_now) -> None:
        self._orders = orders
        self._writer = writer
        self._now = now

    async def quote_refund(
        self,
        order_id: OrderId,
        lines: RefundLines | None = None,
        shipping: Shipping | None = None,
        amount_minor: RefundAmount | None = None,
    ) -> RefundQuote:
        """How much of an order or some pieces is refundable (could be paid back), and whether a second person must
        approve it. Changes nothing. Rules: policy://refunds."""
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return refund_quote(await self._decision(order, lines, shipping, amount_minor, None))

    async def issue_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        lines: RefundLines | None = None,
        shipping: Shipping | None = None,
        amount_minor: RefundAmount | None = None,
        restock: Restock | None = None,
        note: RefundNote | None = None,
    ) -> RefundedOrder:
        """Refund (reimburse) a customer: give or pay money back for an order or pieces that were damaged, broken, wrong
        or never arrived. Beyond your limits it waits for approve_refund.

        Call quote_refund first; a person confirms.
        """
        order = await locked_order(self._writer, order_id)
        decision = await self._decision(order, lines, shipping, amount_minor, restock)
        return refunded_order(await self._writer.apply(order, refund_update(decision, reason, note)), decision)

    async def preview_refund(
        self,
        order_id: OrderId,
        reason: RefundReason,
        lines: RefundLines | None = None,
        shipping: Shipping | None = None,
        amount_minor: RefundAmount | None = None,
        restock: Restock | None = None,
        note: RefundNote | None = None,
    ) -> RefundPreview:
        """Preview of issue_refund. The note has no effect on it."""
        del note
        order = await locked_order(self._writer, order_id)
        return refund_preview(await self._decision(order, lines, shipping, amount_minor, restock), reason)

    async def _decision(
        self,
        order: Order,
        lines: RefundLines | None,
        shipping: bool | None,
        amount_minor: int | None,
        restock: str | None,
    ) -> RefundDecision:
        warehouse = None if restock is None else await warehouse_code(self._orders, restock, "restock")
        wish = RefundWish(None if lines is None else tuple(lines), shipping, amount_minor, warehouse)
        return decide_refund(order, wish, limits_of_caller(), self._now())

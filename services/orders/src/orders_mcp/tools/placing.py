"""The tool that places drafts."""

from orders_mcp.models.card_numbers import refuse_card_numbers
from orders_mcp.models.draft_lines import OrderTerms
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.orders import Order
from orders_mcp.models.placing import PlacedOrder, PlacingPreview, amounts_today, placed_order, placing, placing_preview
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.draft_terms import stock_for, terms_of
from orders_mcp.tools.locking import locked_order


class PlacingTools:
    """Placing, under a lock on the order. Preview and write apply the same rules."""

    def __init__(self, writer: OrderWriter) -> None:
        self._writer = writer

    async def place_order(self, order_id: OrderId) -> PlacedOrder:
        """Place (submit, finalize) a draft that the customer accepted. Charges nothing. A person confirms."""
        order, terms = await self._locked(order_id)
        placed = await self._writer.apply(order, placing(order, terms, await stock_for(self._writer, order, terms)))
        return placed_order(placed, await stock_for(self._writer, placed, terms))

    async def preview_placing(self, order_id: OrderId) -> PlacingPreview:
        """Preview of place_order."""
        order, terms = await self._locked(order_id)
        placing(order, terms, await stock_for(self._writer, order, terms))
        like = await self._writer.like_orders(order)
        return placing_preview(order, amounts_today(order, terms), list(like))

    async def _locked(self, order_id: OrderId) -> tuple[Order, OrderTerms]:
        order = await locked_order(self._writer, order_id)
        refuse_card_numbers(
            notes=order.notes, shipping_address=order.shipping_address, discount_reason=order.discount_reason
        )
        return order, await terms_of(self._writer, order)

"""The tool that creates draft orders."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.drafts import DraftLine, DraftOrder, draft, draft_order
from orders_mcp.models.identifiers import CustomerId, ShippingAddress
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.lookups import no_customer, no_product

DraftLines = Annotated[list[DraftLine], Field(min_length=1, max_length=50, description="Each product once.")]


class DraftTools:
    def __init__(self, orders: Orders, writer: OrderWriter) -> None:
        self._orders = orders
        self._writer = writer

    async def create_draft_order(
        self, customer_id: CustomerId, items: DraftLines, shipping_address: ShippingAddress | None = None
    ) -> DraftOrder:
        """Create (make) a new order for a customer as a draft, by phone or as an offer: products and quantities at
        current prices.

        Charges nothing; it is not placed yet. To undo it use cancel_order.
        """
        customer = await self._orders.customer(customer_id)
        if customer is None:
            raise await no_customer(self._orders, customer_id)
        products = {product.sku: product for product in await self._writer.products([line.sku for line in items])}
        for line in items:
            if line.sku not in products:
                raise await no_product(self._orders, line.sku)
        priced = draft(customer, items, products, shipping_address)
        return draft_order(await self._writer.add(priced))

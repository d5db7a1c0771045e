"""The tool that creates draft orders."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.drafts import DraftLine, draft
from orders_mcp.models.errors import unknown_customer
from orders_mcp.models.identifiers import CustomerId, ShippingAddress
from orders_mcp.models.write_results import DraftOrder, draft_order
from orders_mcp.ports import CustomerReader, OrderWriter

DraftLines = Annotated[
    list[DraftLine], Field(min_length=1, max_length=50, description="Products and quantities, each product once.")
]


class DraftTools:
    def __init__(self, customers: CustomerReader, writer: OrderWriter) -> None:
        self._customers = customers
        self._writer = writer

    async def create_draft_order(
        self, customer_id: CustomerId, items: DraftLines, shipping_address: ShippingAddress | None = None
    ) -> DraftOrder:
        """Create a draft order for a customer at current prices, to the customer's address unless another is given.

        A draft is not placed and charges nothing. Product codes and prices: get_inventory. To undo: cancel_order.
        """
        customer = await self._customers.customer(customer_id)
        if customer is None:
            raise unknown_customer(customer_id)
        products = await self._writer.products([line.sku for line in items])
        priced = draft(customer, items, {product.sku: product for product in products}, shipping_address)
        return draft_order(await self._writer.add(priced))

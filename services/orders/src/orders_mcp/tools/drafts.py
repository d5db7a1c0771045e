"""Preparing orders."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.drafts import DraftLine, draft
from orders_mcp.models.errors import unknown_customer
from orders_mcp.models.identifiers import CustomerId, ShippingAddress
from orders_mcp.models.write_results import DraftOrder, draft_order
from orders_mcp.ports import CustomerReader, OrderWriter

DraftLines = Annotated[
    list[DraftLine], Field(min_length=1, max_length=50, description="Products and pieces, each product once.")
]


class DraftTools:
    """Drafts."""

    def __init__(self, customers: CustomerReader, changes: OrderWriter) -> None:
        self._customers = customers
        self._changes = changes

    async def create_draft_order(
        self, customer_id: CustomerId, items: DraftLines, shipping_address: ShippingAddress | None = None
    ) -> DraftOrder:
        """Prepare an order for a customer, at today's prices; it goes to their own address unless another is given.

        A draft is not placed and charges nothing. Product codes and prices: get_inventory. Undo: cancel_order.
        """
        customer = await self._customers.customer(customer_id)
        if customer is None:
            raise unknown_customer(customer_id)
        products = await self._changes.products([line.sku for line in items])
        priced = draft(customer, items, {product.sku: product for product in products}, shipping_address)
        return draft_order(await self._changes.add(priced))

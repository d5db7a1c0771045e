"""Customer tools."""

from orders_mcp.models.customers import Customer
from orders_mcp.models.identifiers import CustomerId
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.ports.customers import CustomerReader
from orders_mcp.tools.lookups import no_customer
from orders_mcp.tools.search import cursor_key
from servicekit.schema import CursorKey, Limit, Page


class CustomerTools:
    def __init__(self, customers: CustomerReader) -> None:
        self._customers = customers

    async def get_customer(self, customer_id: CustomerId) -> Customer:
        """Who a customer (buyer, client, account) is, by e-mail or id: name, contact details, postal address, number of
        orders, total spent before and after refunds."""
        customer = await self._customers.customer(customer_id)
        if customer is None:
            raise await no_customer(self._customers, customer_id)
        return customer

    async def get_customer_orders(
        self,
        customer_id: CustomerId,
        status: OrderStatus | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[OrderSummary]:
        """All orders of one customer, newest first: what they bought before."""
        found = await self._customers.orders_of_customer(customer_id, status, limit + 1, cursor)
        if found is None:
            raise await no_customer(self._customers, customer_id)
        return Page(found, limit, key=cursor_key)

"""Writes of orders."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from orders_mcp.models.draft_lines import OrderTerms, PricedProduct
from orders_mcp.models.draft_results import LikeOrder
from orders_mcp.models.drafts import Draft
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order
from orders_mcp.models.pricing import PriceList


class OrderWriter(Protocol):
    """Writes orders, in the transaction of the call."""

    async def lock(self, reference: str) -> Order | None:
        """Lock the order until the transaction ends, and return its current state."""
        ...

    async def apply(self, order: Order, update: OrderUpdate) -> Order:
        """Write an update of a locked order, and return the new state."""
        ...

    async def products(self, skus: Sequence[str], prices: PriceList) -> Sequence[PricedProduct]:
        """The existing products among `skus`, as a price list has them."""
        ...

    async def terms_of_customer(self, customer_id: UUID, currency: str | None) -> OrderTerms | None:
        """What a new order of the customer is priced by; None where no price list fits.

        It is the customer's own list, else the usual one in the currency of their last order, else that of the shop.
        With `currency`, it is the customer's own list if it has this currency, else the usual one.
        """
        ...

    async def terms_of_order(self, order: Order) -> OrderTerms | None:
        """What an order is priced by: its list, and the present tax rate of its region; None without a list."""
        ...

    async def price_currencies(self) -> Sequence[str]:
        """The currencies that price lists have, sorted."""
        ...

    async def like_orders(self, order: Order) -> Sequence[LikeOrder]:
        """Other orders of the same customer, not cancelled and at most a day old, that have the order's products or
        some of them and no others; or these and more. The newest first, at most five."""
        ...

    async def add(self, draft: Draft) -> Order:
        """Insert a draft with the tenant's next order number.

        Raises:
            Refused: its pieces cannot be reserved.
        """
        ...

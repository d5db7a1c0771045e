"""Tools that create and change draft orders."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.draft_lines import OrderTerms, PricedProduct, discount_of, usual_prices
from orders_mcp.models.draft_results import DraftOrder, draft_order
from orders_mcp.models.draft_updates import DraftChange, DraftWish, draft_update, require_draft
from orders_mcp.models.drafts import MOST_DRAFT_LINES, DraftLine, draft
from orders_mcp.models.identifiers import CustomerId, OrderId, ShippingAddress
from orders_mcp.models.money import Currency
from orders_mcp.models.pricing import PriceList
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.draft_terms import stock_for, terms_of
from orders_mcp.tools.locking import locked_order
from orders_mcp.tools.lookups import no_customer, no_price_list, no_product
from servicekit.schema import Exact, FreeText

DraftLines = Annotated[
    list[DraftLine], Field(min_length=1, max_length=MOST_DRAFT_LINES, description="Each product once.")
]
OtherCurrency = Annotated[Currency, Field(description="Instead of the customer's.")]
DiscountPercent = Annotated[int, Field(ge=0, le=100, description="0: none."), Exact()]
DraftChanges = Annotated[
    list[DraftChange],
    Field(min_length=1, max_length=MOST_DRAFT_LINES, description="Only what changes."),
]
DiscountReason = Annotated[str, FreeText(250, "Why."), NO_CARD_NUMBER]
Reserve = Annotated[bool, Field(description="Keep the stock.")]


class DraftTools:
    def __init__(self, orders: Orders, writer: OrderWriter) -> None:
        self._orders = orders
        self._writer = writer

    async def create_draft_order(
        self,
        customer_id: CustomerId,
        items: DraftLines,
        currency: OtherCurrency | None = None,
        shipping_address: ShippingAddress | None = None,
        reserve: Reserve = False,
    ) -> DraftOrder:
        """Create (make) a new order for a customer as a draft, by phone or as an offer: products and quantities at
        the customer's prices.

        Charges nothing; then place_order or cancel_order.
        """
        customer = await self._orders.customer(customer_id)
        if customer is None:
            raise await no_customer(self._orders, customer_id)
        terms = await self._writer.terms_of_customer(customer.id, currency)
        if terms is None:
            raise await no_price_list(self._writer, currency)
        products = await self._products([line.sku for line in items], terms.prices)
        made = draft(customer, items, products, terms, shipping_address, reserve=reserve)
        order = await self._writer.add(made)
        return draft_order(
            order,
            await stock_for(self._writer, order, terms),
            await self._writer.like_orders(order),
            _assumed(terms),
            usual_prices(made.items, products.values(), terms.prices),
        )

    async def update_draft_order(
        self,
        order_id: OrderId,
        items: DraftChanges | None = None,
        discount_percent: DiscountPercent | None = None,
        discount_reason: DiscountReason | None = None,
        reserve: Reserve | None = None,
    ) -> DraftOrder:
        """Change a draft: add, remove or swap products, quantities, discount (rebate), reservation."""
        wish = DraftWish(items or (), discount_of(discount_percent, discount_reason), reserve)
        order = await locked_order(self._writer, order_id)
        require_draft(order)
        terms = await terms_of(self._writer, order)
        products = await self._products([line.sku for line in wish.lines], terms.prices)
        update = draft_update(order, wish, products, terms)
        changed = await self._writer.apply(order, update)
        return draft_order(
            changed,
            await stock_for(self._writer, changed, terms),
            await self._writer.like_orders(changed),
            usual_prices(update.draft.items or () if update.draft else (), products.values(), terms.prices),
        )

    async def _products(self, skus: list[str], prices: PriceList) -> dict[str, PricedProduct]:
        """The products by code.

        Raises:
            Refused: one does not exist.
        """
        products = {product.sku: product for product in await self._writer.products(skus, prices)}
        for sku in skus:
            if sku not in products:
                raise await no_product(self._orders, sku)
        return products


def _assumed(terms: OrderTerms) -> str | None:
    currency = terms.prices.currency
    return f"The customer has no earlier order, so prices are in {currency}." if terms.is_assumed else None

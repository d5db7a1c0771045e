"""What a draft is priced by, and the stock for it."""

from orders_mcp.models.draft_lines import OrderTerms
from orders_mcp.models.draft_results import LineStock, stock_of
from orders_mcp.models.orders import Order
from orders_mcp.ports.writing import OrderWriter
from servicekit.core import Refused


async def terms_of(writer: OrderWriter, order: Order) -> OrderTerms:
    """What the order is priced by.

    Raises:
        Refused: no price list has its currency.
    """
    terms = await writer.terms_of_order(order)
    if terms is None:
        currency = order.total.currency
        raise Refused(f"No price list has {currency}, the currency of order {order.number}. Create a new draft.")
    return terms


async def stock_for(writer: OrderWriter, order: Order, terms: OrderTerms) -> list[LineStock]:
    """The present stock for each line."""
    products = await writer.products([item.sku for item in order.items], terms.prices)
    return stock_of(order, {product.sku: product.available for product in products})

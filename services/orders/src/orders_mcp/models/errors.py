"""Refusals that several tools share. They may repeat what was asked for: its syntax was checked."""

from orders_mcp.models.identifiers import CustomerId, OrderId, Sku
from servicekit.core.errors import Refused


def unknown_order(order_id: OrderId) -> Refused:
    """This tenant has no such order."""
    return Refused(f"No order {order_id}. Find it by customer name, e-mail or number with search_orders.")


def unknown_customer(customer_id: CustomerId) -> Refused:
    """This tenant has no such customer."""
    return Refused(f"No customer {customer_id}. Find their orders by name or e-mail with search_orders.")


def unknown_product(sku: Sku) -> Refused:
    """This tenant has no such product."""
    return Refused(f"No product {sku}. Product codes are in the items of get_order and in low_stock_report.")

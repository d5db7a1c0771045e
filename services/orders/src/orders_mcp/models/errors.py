"""Refusals that several tools share. They repeat the argument, which is a valid identifier."""

from orders_mcp.models.identifiers import CustomerId, OrderId, Sku
from servicekit.core import Refused


def unknown_order(order_id: OrderId) -> Refused:
    return Refused(f"No order {order_id}. Find it with search_orders, by customer name, e-mail or number.")


def unknown_customer(customer_id: CustomerId) -> Refused:
    return Refused(f"No customer {customer_id}. Find their orders with search_orders, by name or e-mail.")


def unknown_product(sku: Sku) -> Refused:
    return Refused(f"No product {sku}. Take a product code from the items of get_order or from low_stock_report.")

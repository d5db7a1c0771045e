"""Finding and opening orders."""

from orders_mcp.tools.orders import OrderTools
from orders_mcp.tools.search import SearchTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def orders(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `orders`."""
    add = Registration("orders")
    reading = OrderTools(ports.orders)
    return [
        add.read(SearchTools(ports.orders).search_orders, title="Search orders"),
        add.read(reading.get_order, link="order://{order_id}", title="Order details"),
        add.read(reading.get_order_timeline, title="Order history"),
        add.read(reading.get_payment_status, link="order://{order_id}", title="Payments: paid or owed"),
        add.read(reading.get_shipments, link="order://{order_id}", title="Delivery: where is the parcel"),
    ]

"""Looking up customers."""

from orders_mcp.tools.customers import CustomerTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def customers(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `customers`."""
    add = Registration("customers")
    reading = CustomerTools(ports.orders)
    return [
        add.read(reading.get_customer, link="customer://{customer_id}", title="Look up a customer"),
        add.read(reading.get_customer_orders, title="Purchase history of a customer"),
    ]

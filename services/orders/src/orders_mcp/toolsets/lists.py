"""Lists of returns, refunds and parcels over all orders."""

from orders_mcp.tools.lists import ListTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def lists(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `lists`."""
    add = Registration("lists")
    reading = ListTools(ports.orders)
    return [
        add.read(reading.list_returns, title="Returns by day and state"),
        add.read(reading.list_refunds, title="Refunds by day and state"),
        add.read(reading.list_shipments, title="Parcels by day and state"),
    ]

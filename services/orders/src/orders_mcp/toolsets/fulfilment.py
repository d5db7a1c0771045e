"""Sending and following parcels."""

from orders_mcp.tools.lists import ListTools
from orders_mcp.tools.shipping import ShippingTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def fulfilment(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `fulfilment`."""
    add = Registration("fulfilment")
    shipping = ShippingTools(ports.current, ports.writer, ports.stock)
    return [
        add.read(ListTools(ports.orders).list_shipments, title="Parcels by day and state"),
        add.write(shipping.create_shipment, title="Ship an order"),
        add.write(shipping.update_tracking, title="Update a parcel"),
    ]

"""Sending and following parcels."""

from orders_mcp.tools.shipping import ShippingTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def fulfilment(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `fulfilment`."""
    add = Registration("fulfilment")
    shipping = ShippingTools(ports.current, ports.writer, ports.stock)
    return [
        add.write(shipping.create_shipment, title="Ship an order"),
        add.write(shipping.update_tracking, title="Update a parcel"),
    ]

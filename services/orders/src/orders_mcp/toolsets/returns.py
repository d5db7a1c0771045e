"""Pieces that come back."""

from orders_mcp.tools.returns import ReturnTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def returns(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `returns`."""
    add = Registration("returns")
    changes = ReturnTools(ports.current, ports.writer)
    return [
        add.write(changes.request_return, title="Open a return"),
        add.write(changes.update_return, confirm=changes.preview_step, title="Next step of a return"),
    ]

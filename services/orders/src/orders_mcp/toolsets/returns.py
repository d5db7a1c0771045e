"""Pieces that come back."""

from orders_mcp.tools.lists import ListTools
from orders_mcp.tools.returns import ReturnTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def returns(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `returns`."""
    add = Registration("returns")
    changes, lists = ReturnTools(ports.current, ports.writer), ListTools(ports.orders)
    return [
        add.read(lists.list_returns, title="Returns by day and state"),
        add.write(changes.request_return, title="Open a return"),
        add.write(changes.update_return, confirm=changes.preview_step, title="Next step of a return"),
    ]

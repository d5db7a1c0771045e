"""How this server registers its tools: scopes, and what the tools need."""

from dataclasses import dataclass
from typing import Any

from orders_mcp.models.scopes import READ, WRITE
from orders_mcp.models.toolsets import Toolset
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.stock import StockWriter
from orders_mcp.ports.writing import OrderWriter
from servicekit.registry import ToolSpec, read, write


@dataclass(frozen=True, slots=True)
class OrdersPorts:
    """What the tools need from the shop's store.

    Attributes:
        orders: reads, which may come from a replica.
        current: reads of what was just written, in the transaction of the call.
        writer: writes of orders.
        stock: writes of stock.
    """

    orders: Orders
    current: Orders
    writer: OrderWriter
    stock: StockWriter


@dataclass(frozen=True, slots=True)
class Registration:
    """Registers the tools of one toolset."""

    toolset: Toolset

    def read(self, method: Any, *, title: str, link: str | None = None) -> ToolSpec:
        """A tool that reads; `link` is the template of the resource that it shows."""
        return read(method, scope=READ, toolset=self.toolset, link=link, title=title)

    def write(self, method: Any, *, title: str, scope: str = WRITE, confirm: Any = None) -> ToolSpec:
        """A tool that writes; `confirm` returns the preview of a call that a person has to confirm, or None."""
        return write(method, scope=scope, toolset=self.toolset, title=title, confirm=confirm)

    def destroy(self, method: Any, preview: Any, *, title: str, scope: str = WRITE) -> ToolSpec:
        """A tool whose effect cannot be undone: a person confirms its preview."""
        return write(method, scope=scope, toolset=self.toolset, destructive=True, confirm=preview, title=title)

"""Products and stock."""

from orders_mcp.tools.adjustments import AdjustmentTools
from orders_mcp.tools.stock import StockTools
from orders_mcp.tools.transfers import TransferTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def stock(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `stock`."""
    add = Registration("stock")
    reading, changes = StockTools(ports.orders), AdjustmentTools(ports.current, ports.stock)
    transfers = TransferTools(ports.current, ports.stock)
    return [
        add.read(reading.get_inventory, title="Stock of a product"),
        add.read(reading.low_stock_report, title="Low stock: what to reorder"),
        add.destroy(changes.adjust_inventory, changes.preview_adjustment, title="Adjust stock"),
        add.destroy(transfers.transfer_stock, transfers.preview_transfer, title="Move stock between warehouses"),
    ]

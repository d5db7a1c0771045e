"""Figures over many orders."""

from orders_mcp.tools.reports import ReportTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def reports(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `reports`."""
    add = Registration("reports")
    reading = ReportTools(ports.orders)
    return [
        add.read(reading.sales_summary, title="Sales, revenue, best sellers"),
        add.read(reading.refund_rate, title="Refund and return rate"),
    ]

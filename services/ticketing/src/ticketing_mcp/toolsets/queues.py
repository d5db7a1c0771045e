"""Queues and service levels."""

from servicekit.registry import ToolSpec
from ticketing_mcp.tools.queues import QueueTools
from ticketing_mcp.tools.service_levels import ServiceLevelTools
from ticketing_mcp.toolsets.registration import Registration, TicketingPorts


def queues(ports: TicketingPorts) -> list[ToolSpec]:
    """The toolset `queues`."""
    add, tools, clocks = Registration("queues"), QueueTools(ports.desk), ServiceLevelTools(ports.desk)
    return [
        add.read(tools.list_queues, title="Queues and teams"),
        add.read(tools.get_queue, link="queue://{queue_id}", title="Workload of a team"),
        add.read(clocks.get_sla_status, title="Deadlines, and what breaches next (SLA)"),
    ]

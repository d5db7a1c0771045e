"""Queues and service levels."""

from servicekit.registry import ToolSpec
from ticketing_mcp.tools.queues import QueueTools
from ticketing_mcp.toolsets.registration import Registration, TicketingPorts


def queues(ports: TicketingPorts) -> list[ToolSpec]:
    """The toolset `queues`."""
    add, tools = Registration("queues"), QueueTools(ports.desk)
    return [
        add.read(tools.list_queues, title="Queues and teams"),
        add.read(tools.get_queue, link="queue://{queue_id}", title="Workload of a team"),
        add.read(tools.get_sla_status, title="Deadlines of a ticket (SLA)"),
    ]

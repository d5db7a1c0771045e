"""Staff and requesters."""

from servicekit.registry import ToolSpec
from ticketing_mcp.tools.users import UserTools
from ticketing_mcp.toolsets.registration import Registration, TicketingPorts


def people(ports: TicketingPorts) -> list[ToolSpec]:
    """The toolset `people`."""
    return [Registration("people").read(UserTools(ports.desk).search_users, title="Find a person")]

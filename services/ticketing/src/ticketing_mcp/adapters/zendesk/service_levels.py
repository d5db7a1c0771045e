"""Reading service levels."""

from ticketing_mcp.adapters.zendesk.groups import Groups
from ticketing_mcp.models.sla import SlaPolicy


class ZendeskServiceLevels(Groups):
    """Service levels on Zendesk."""

    async def policies(self) -> list[SlaPolicy]:
        """No policies yet."""
        return []

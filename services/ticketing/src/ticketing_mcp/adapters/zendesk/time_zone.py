"""Reading the time zone of the account."""

from collections.abc import Mapping
from typing import Any

from ticketing_mcp.adapters.zendesk.api.client import SETUP
from ticketing_mcp.adapters.zendesk.groups import Groups


class ZendeskTimeZone(Groups):
    """`TenantTimeZone` on Zendesk: the zone of the agent that this server acts as."""

    async def time_zone(self) -> str:
        data: Any = await self._api.read(("users", "me"), "this server's agent", None, SETUP)
        user = data.get("user") if isinstance(data, Mapping) else None
        zone = user.get("iana_time_zone") if isinstance(user, Mapping) else None
        return zone if isinstance(zone, str) and zone else "UTC"

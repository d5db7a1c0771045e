"""Reading the time zone of a tenant."""

from typing import Protocol


class TenantTimeZone(Protocol):
    """Reads in which time zone a tenant counts days."""

    async def time_zone(self) -> str:
        """The IANA name, such as ``Europe/Berlin``."""
        ...

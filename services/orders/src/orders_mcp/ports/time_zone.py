"""Reading the time zone of a shop."""

from typing import Protocol


class ShopTimeZone(Protocol):
    """Reads in which time zone the shop counts days."""

    async def time_zone(self) -> str:
        """The IANA name, such as ``Europe/Berlin``."""
        ...

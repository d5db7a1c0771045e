"""The time zone of a call."""

from zoneinfo import ZoneInfo

from orders_mcp.models.days import DayZone
from orders_mcp.ports.time_zone import ShopTimeZone
from servicekit.schema import time_zone


async def zone_of(shop: ShopTimeZone, given: DayZone | None) -> ZoneInfo:
    """The time zone that the caller gave, else the shop's.

    Raises:
        Refused: the time zone is unknown.
    """
    return ZoneInfo(await shop.time_zone()) if given is None else time_zone(given)

"""The time zone of a shop, on Postgres."""

from servicekit.storage.postgres.database import Database

TIME_ZONE = "SELECT time_zone FROM orders.tenants WHERE id = current_setting('app.tenant')"


class TimeZoneQuery:
    """`ShopTimeZone` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def time_zone(self) -> str:
        return str(await self._database.fetchval(TIME_ZONE) or "UTC")

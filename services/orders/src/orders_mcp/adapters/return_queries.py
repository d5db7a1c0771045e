"""Queries for returns."""

from uuid import UUID

from servicekit.storage.postgres.database import Database

ORDER_OF_RETURN = "SELECT order_id FROM orders.returns WHERE id = $1"


class ReturnQueries:
    """`ReturnReader` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def order_of_return(self, return_id: str) -> UUID | None:
        found: UUID | None = await self._database.fetchval(ORDER_OF_RETURN, UUID(return_id))
        return found

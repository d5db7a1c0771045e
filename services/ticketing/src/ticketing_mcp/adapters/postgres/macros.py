"""Queries for macros."""

from servicekit.storage.postgres.database import Database
from ticketing_mcp.models.macros import Macro

MACROS = "SELECT id, name, text FROM ticketing.macros ORDER BY id"


class MacroQueries:
    """`Macros` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def macros(self) -> list[Macro]:
        return [Macro(**row) for row in await self._database.fetch(MACROS)]

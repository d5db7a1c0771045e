"""Queries for macros."""

from servicekit.storage.postgres.database import Database
from ticketing_mcp.models.macros import FilledMacro, Macro, fill_macro
from ticketing_mcp.models.tickets import Ticket

MACROS = "SELECT id, name, text FROM ticketing.macros ORDER BY id"


class MacroQueries:
    """`Macros` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def macros(self) -> list[Macro]:
        return [Macro(**row) for row in await self._database.fetch(MACROS)]

    async def fill(self, macro: Macro, ticket: Ticket) -> FilledMacro:
        return fill_macro(macro, ticket)

"""Reading macros."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.macros import FilledMacro, Macro
from ticketing_mcp.models.tickets import Ticket


class Macros(Protocol):
    """Reads reply templates."""

    async def macros(self) -> Sequence[Macro]:
        """All macros, by id."""
        ...

    async def fill(self, macro: Macro, ticket: Ticket) -> FilledMacro:
        """A macro filled in for a ticket. Nothing is written."""
        ...

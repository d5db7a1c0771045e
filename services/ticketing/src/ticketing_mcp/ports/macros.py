"""Reading macros."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.macros import Macro


class Macros(Protocol):
    """Reads reply templates."""

    async def macros(self) -> Sequence[Macro]:
        """All macros, by id."""
        ...

"""Reading tickets by number."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.tickets import Event, Ticket


class TicketReader(Protocol):
    """Reads tickets by number."""

    async def get(self, number: int) -> Ticket | None:
        """One ticket; None if it does not exist."""
        ...

    async def get_all(self, numbers: Sequence[int]) -> Sequence[Ticket]:
        """Those of these tickets that exist, by number."""
        ...

    async def history(self, number: int, count: int, after: int) -> Sequence[Event] | None:
        """At most `count` events with a sequence above `after`, oldest first; None for an unknown ticket."""
        ...

    async def numbers(self, prefix: int | None, count: int) -> Sequence[int]:
        """At most `count` ticket numbers that start with these digits, newest first."""
        ...

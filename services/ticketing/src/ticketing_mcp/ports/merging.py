"""Merging tickets, and undoing it."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.merging import MergeRules
from ticketing_mcp.models.tickets import Ticket


class TicketMerger(Protocol):
    """Merges tickets, in the transaction of the call."""

    @property
    def merge_rules(self) -> MergeRules:
        """What this desk can do after a merge."""
        ...

    async def merge(self, tickets: Sequence[Ticket], into: Ticket) -> tuple[Sequence[Ticket], Ticket]:
        """Close locked tickets as duplicates of a locked one, and return the new states of all."""
        ...

    async def unmerge(self, tickets: Sequence[Ticket], targets: Sequence[Ticket]) -> Sequence[Ticket]:
        """Undo the merges of locked tickets into the locked `targets`, and return their new states.

        Raises:
            Refused: a merge is older than a day by the desk's clock, or this desk cannot undo any.
        """
        ...

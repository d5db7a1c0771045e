"""Changes of several tickets. Zendesk has no transactions: each ticket is changed by itself, and failures are said."""

import asyncio
from collections.abc import Sequence
from typing import Final

from servicekit.core import CallError, Refused
from ticketing_mcp.adapters.zendesk.api.errors import PartlyDone
from ticketing_mcp.adapters.zendesk.ticket_writer import ZendeskTicketWriter
from ticketing_mcp.models.ticket_updates import TicketUpdate
from ticketing_mcp.models.tickets import Ticket

_AT_ONCE: Final = 5
"""Updates at a time."""


class ZendeskBatches(ZendeskTicketWriter):
    """The part of `TicketWriter` that changes several tickets."""

    async def lock_all(self, numbers: Sequence[int]) -> list[Ticket]:
        """The current states. `apply_all` compares each with what is there then."""
        return await self.get_all(numbers)

    async def apply_all(self, updates: Sequence[tuple[Ticket, TicketUpdate]]) -> list[Ticket]:
        """Write each update.

        Raises:
            Refused: no ticket was changed.
            PartlyDone: some were changed; the words name them, those that were not, and those of which it is unknown.
        """
        limit = asyncio.Semaphore(_AT_ONCE)
        ended = await asyncio.gather(*(self._tried(ticket, update, limit) for ticket, update in updates))
        changed = [one for one in ended if isinstance(one, Ticket)]
        if len(changed) == len(ended):
            return changed
        failed = {ticket.id: end for (ticket, _), end in zip(updates, ended, strict=True) if isinstance(end, CallError)}
        unknown = [ticket_id for ticket_id, end in failed.items() if not end.changed_nothing]
        reasons = " ".join(f"{ticket_id}: {end}" for ticket_id, end in failed.items() if end.changed_nothing)
        if not changed and not unknown:
            raise Refused(f"Nothing was changed. {reasons}")
        raise PartlyDone(_words([ticket.id for ticket in changed], unknown, reasons))

    async def _tried(self, ticket: Ticket, update: TicketUpdate, limit: asyncio.Semaphore) -> Ticket | CallError:
        async with limit:
            try:
                return await self.apply(ticket, update)
            except CallError as error:
                return error


def _words(changed: Sequence[str], unknown: Sequence[str], reasons: str) -> str:
    return " ".join(
        filter(
            None,
            [
                "Zendesk changes one ticket at a time, and only a part was done.",
                f"Changed: {', '.join(changed)}." if changed else "",
                f"Unknown whether changed: {', '.join(unknown)}; read them with get_tickets." if unknown else "",
                f"Not changed: {reasons}" if reasons else "",
                "Send a new call with the rest.",
            ],
        )
    )

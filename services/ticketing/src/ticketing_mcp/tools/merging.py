"""Tools that merge tickets, and undo it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from ticketing_mcp.models.identifiers import TicketId, TicketIds, number_of
from ticketing_mcp.models.merge_preview import MergePreview, merge_preview
from ticketing_mcp.models.merging import require_mergeable
from ticketing_mcp.models.tickets import UNMERGE_WINDOW, Ticket
from ticketing_mcp.models.write_results import ChangedTicket, MergedTickets, UnmergedTickets
from ticketing_mcp.ports.tickets import TicketReader
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.locking import lock_tickets

IntoTicket = Annotated[TicketId, Field(description="The open ticket that stays.")]


class MergeTools:
    """Merges, computed under locks on all tickets. All tickets of a call are changed, or none.

    Args:
        tickets: reads what was just written, in the transaction of the call.
    """

    def __init__(self, tickets: TicketReader, writer: TicketWriter) -> None:
        self._tickets = tickets
        self._writer = writer

    async def merge_tickets(self, ticket_ids: TicketIds, into_id: IntoTicket) -> MergedTickets:
        """Merge (combine) tickets about the same thing: ticket_ids are closed as duplicates of into_id.

        A person confirms.
        """
        tickets, into = await self._locked(ticket_ids, into_id)
        merged, target = await self._writer.merge(tickets, into)
        undone = [one.merged_at for one in merged if one.merged_at is not None]
        return MergedTickets(
            merged_into=target.id,
            version=target.version,
            tickets=[ChangedTicket.of(ticket) for ticket in merged],
            unmerge_until=min(undone) + UNMERGE_WINDOW if undone and self._writer.merge_rules.can_undo else None,
        )

    async def preview_merge(self, ticket_ids: TicketIds, into_id: IntoTicket) -> MergePreview:
        """Preview of merge_tickets."""
        return merge_preview(*await self._locked(ticket_ids, into_id), self._writer.merge_rules)

    async def unmerge_tickets(self, ticket_ids: TicketIds) -> UnmergedTickets:
        """Undo (revert) a merge of the last 24 hours: separate (split) the tickets again, with their former status."""
        ids = list(dict.fromkeys(ticket_ids))
        found = [await self._tickets.get(number_of(one)) for one in ids]
        into = {ticket.merged_into for ticket in found if ticket is not None and ticket.merged_into is not None}
        for target in into:
            if await self._tickets.get(number_of(target)) is None:
                raise Refused(
                    f"They were merged into {target}, whose queue is not granted to you. Nothing was unmerged."
                )
        locked = await lock_tickets(self._writer, {*ids, *into})
        tickets = [locked[one] for one in ids]
        if any(ticket.merged_into not in (None, *into) for ticket in tickets):
            raise Refused("These tickets were just merged by another call. Nothing was unmerged; call again.")
        restored = await self._writer.unmerge(tickets, [locked[one] for one in sorted(into, key=number_of)])
        return UnmergedTickets(tickets=[ChangedTicket.of(ticket) for ticket in restored])

    async def _locked(self, ticket_ids: Sequence[TicketId], into_id: TicketId) -> tuple[list[Ticket], Ticket]:
        """The tickets to merge and their target, locked.

        Raises:
            Refused: they cannot be merged.
        """
        locked = await lock_tickets(self._writer, (*ticket_ids, into_id))
        tickets = [locked[one] for one in dict.fromkeys(ticket_ids)]
        require_mergeable(tickets, locked[into_id])
        return tickets, locked[into_id]

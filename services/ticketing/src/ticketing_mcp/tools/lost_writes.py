"""What an earlier attempt of a write did, whose answer was lost: the result that it would have had.

Each method has the parameters of its tool, and returns None where the attempt had no effect.
"""

from collections.abc import Sequence
from typing import Any

from servicekit.core import Refused
from ticketing_mcp.models.batch_changes import TicketChange
from ticketing_mcp.models.comments import CommentKind
from ticketing_mcp.models.identifiers import TicketId, number_of
from ticketing_mcp.models.write_results import AddedComment, ChangedTicket, ChangedTickets, CreatedTicket, MergedTickets
from ticketing_mcp.ports.writing import LostWrites


class LostWriteTools:
    """Recoveries, for a desk that is not in this server's database."""

    def __init__(self, lost: LostWrites) -> None:
        self._lost = lost

    async def create_ticket(self, **_: Any) -> CreatedTicket | None:
        ticket = await self._lost.created()
        if ticket is None:
            return None
        return CreatedTicket(
            ticket_id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            queue_id=ticket.queue_id,
            version=ticket.version,
            possible_duplicates=[],
        )

    async def change_ticket(self, ticket_id: TicketId, **_: Any) -> ChangedTicket | None:
        ticket = await self._lost.written(number_of(ticket_id))
        return ChangedTicket.of(ticket) if ticket is not None else None

    async def update_tickets(self, changes: Sequence[TicketChange], **_: Any) -> ChangedTickets | None:
        """The tickets of a batch.

        Raises:
            Refused: the earlier attempt changed only some of them.
        """
        found = {change.ticket_id: await self._lost.written(number_of(change.ticket_id)) for change in changes}
        tickets = [ticket for ticket in found.values() if ticket is not None]
        if not tickets:
            return None
        if len(tickets) < len(found):
            missing = ", ".join(ticket_id for ticket_id, ticket in found.items() if ticket is None)
            raise Refused(
                f"An earlier attempt changed {', '.join(ticket.id for ticket in tickets)}, and not {missing}. Send a "
                "new call with the rest."
            )
        return ChangedTickets(tickets=[ChangedTicket.of(ticket) for ticket in tickets])

    async def merge_tickets(self, ticket_ids: Sequence[TicketId], into_id: TicketId, **_: Any) -> MergedTickets | None:
        """The tickets of a merge: whether they are merged now shows whether it took effect.

        Raises:
            Refused: the earlier attempt merged only some of them.
        """
        states = {one: await self._lost.state(number_of(one)) for one in dict.fromkeys(ticket_ids)}
        merged = [ticket for ticket in states.values() if ticket is not None and ticket.merged_into == into_id]
        target = await self._lost.state(number_of(into_id))
        if not merged or target is None:
            return None
        if len(merged) < len(states):
            missing = ", ".join(one for one in states if one not in {ticket.id for ticket in merged})
            raise Refused(
                f"An earlier attempt merged {', '.join(ticket.id for ticket in merged)} into {into_id}, and not "
                f"{missing}. Send a new call with the rest."
            )
        tickets = [ChangedTicket.of(ticket) for ticket in merged]
        return MergedTickets(merged_into=into_id, version=target.version, tickets=tickets)

    async def add_public_reply(self, ticket_id: TicketId, **_: Any) -> AddedComment | None:
        return await self._added(ticket_id, "public_reply")

    async def add_internal_note(self, ticket_id: TicketId, **_: Any) -> AddedComment | None:
        return await self._added(ticket_id, "internal_note")

    async def _added(self, ticket_id: TicketId, kind: CommentKind) -> AddedComment | None:
        ticket = await self._lost.written(number_of(ticket_id))
        if ticket is None:
            return None
        return AddedComment(
            ticket_id=ticket.id,
            kind=kind,
            sequence=ticket.comment_count,
            status=ticket.status,
            version=ticket.version,
        )

"""What an earlier attempt of a write did, whose answer was lost: the result that it would have had.

Each method has the parameters of its tool, and returns None where the attempt had no effect.
"""

from typing import Any

from ticketing_mcp.models.comments import CommentKind
from ticketing_mcp.models.identifiers import TicketId, number_of
from ticketing_mcp.models.write_results import AddedComment, ChangedTicket, CreatedTicket
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

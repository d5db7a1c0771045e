"""Taking in tickets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from ticketing_mcp.models.errors import unknown_queue
from ticketing_mcp.models.identifiers import Body, Email, QueueId, Title
from ticketing_mcp.models.search import DUPLICATE_SIMILARITY
from ticketing_mcp.models.ticket_updates import NewTicket
from ticketing_mcp.models.tickets import Priority
from ticketing_mcp.models.write_results import CreatedTicket, PossibleDuplicate
from ticketing_mcp.ports import Desk, TicketWriter

RequesterName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(description="Their name, for a requester who is new; the e-mail address where left out."),
]
_RECENT = timedelta(days=30)
_MAX_DUPLICATES = 3


def _now() -> datetime:
    return datetime.now(UTC)


class IntakeTools:
    """Intake."""

    def __init__(self, desk: Desk, changes: TicketWriter, now: Callable[[], datetime] = _now) -> None:
        self._desk = desk
        self._changes = changes
        self._now = now

    async def create_ticket(
        self,
        title: Title,
        body: Body,
        queue_id: QueueId,
        requester_email: Email,
        priority: Priority | None = None,
        requester_name: RequesterName | None = None,
    ) -> CreatedTicket:
        """Make a ticket in a requester's name. The queue's usual priority holds unless another is given.

        Recent tickets that say much the same are told, and the ticket is made all the same: look at them, and
        merge_tickets if one is the same case. Before, find_similar_tickets.
        """
        queue = await self._desk.queue(queue_id)
        if queue is None:
            raise unknown_queue(queue_id)
        alike = await self._desk.similar(f"{title}\n{body}", _MAX_DUPLICATES, None, self._now() - _RECENT)
        ticket = await self._changes.create(
            NewTicket(
                title=title,
                body=body,
                queue_id=queue.id,
                priority=priority or queue.default_priority,
                requester_email=requester_email,
                requester_name=requester_name or requester_email.lower(),
            )
        )
        return CreatedTicket(
            ticket_id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            queue_id=ticket.queue_id,
            version=ticket.version,
            possible_duplicates=[
                PossibleDuplicate(ticket_id=one.ticket.id, status=one.ticket.status, similarity=one.similarity)
                for one in alike
                if one.similarity >= DUPLICATE_SIMILARITY
            ],
        )

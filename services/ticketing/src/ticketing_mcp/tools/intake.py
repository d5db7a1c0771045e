"""The tool that creates tickets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from servicekit.schema import FreeText
from ticketing_mcp.models.custom_fields import NewValues, new_values
from ticketing_mcp.models.identifiers import Body, Email, QueueId, Title
from ticketing_mcp.models.previews import CopiesPreview, copies_preview
from ticketing_mcp.models.recipients import Copies, recipients_of_copies
from ticketing_mcp.models.similarity import DUPLICATE_SIMILARITY
from ticketing_mcp.models.tags import NewTags, unique_tags
from ticketing_mcp.models.ticket_updates import NewTicket
from ticketing_mcp.models.tickets import Priority
from ticketing_mcp.models.write_results import CreatedTicket, PossibleDuplicate
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.lookups import existing_queue
from ticketing_mcp.tools.recipients import outside_addresses

RequesterName = Annotated[str, FreeText(200, "Name of a new requester; default: the e-mail address.", name=True)]
_RECENT = timedelta(days=30)
_MAX_DUPLICATES = 3


def _now() -> datetime:
    return datetime.now(UTC)


class IntakeTools:
    """Ticket creation with a check for duplicates. `now` is the clock for recent tickets."""

    def __init__(self, desk: Desk, writer: TicketWriter, now: Callable[[], datetime] = _now) -> None:
        self._desk = desk
        self._writer = writer
        self._now = now

    async def create_ticket(
        self,
        title: Title,
        body: Body,
        queue_id: QueueId,
        requester_email: Email,
        priority: Priority | None = None,
        requester_name: RequesterName | None = None,
        tags: NewTags | None = None,
        custom_fields: NewValues | None = None,
        cc: Copies | None = None,
    ) -> CreatedTicket:
        """Open (create, file, log, raise) a new ticket: report the problem of a customer who called or wrote. Returns
        possible duplicates.

        Call find_similar_tickets first.
        """
        queue = await existing_queue(self._desk, queue_id)
        fields = await self._desk.custom_fields(queue.id)
        values = new_values(queue.id, fields, custom_fields or {}, None)
        similar = await self._desk.similar(f"{title}\n{body}", _MAX_DUPLICATES, None, self._now() - _RECENT)
        ticket = await self._writer.create(
            NewTicket(
                title=title,
                body=body,
                queue_id=queue.id,
                priority=priority or queue.default_priority,
                requester_email=requester_email,
                requester_name=requester_name or requester_email.lower(),
                tags=tuple(unique_tags(tags or ())),
                custom_fields=tuple(value for value in values if value.value is not None),
                cc=recipients_of_copies((), requester_email, cc or ()),
            )
        )
        return CreatedTicket(
            ticket_id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            queue_id=ticket.queue_id,
            version=ticket.version,
            possible_duplicates=[
                PossibleDuplicate(
                    ticket_id=one.ticket.id,
                    status=one.ticket.status,
                    similarity=one.similarity,
                    same_code=one.same_code,
                )
                for one in similar.tickets
                if one.same_code or one.similarity >= DUPLICATE_SIMILARITY
            ],
        )

    async def preview_creation(
        self,
        title: Title,  # noqa: ARG002
        body: Body,  # noqa: ARG002
        queue_id: QueueId,  # noqa: ARG002
        requester_email: Email,
        priority: Priority | None = None,  # noqa: ARG002
        requester_name: RequesterName | None = None,  # noqa: ARG002
        tags: NewTags | None = None,  # noqa: ARG002
        custom_fields: NewValues | None = None,  # noqa: ARG002
        cc: Copies | None = None,
    ) -> CopiesPreview | None:
        """Preview of create_ticket, where others than the requester and staff get copies."""
        added = await outside_addresses(self._desk, recipients_of_copies((), requester_email, cc or ()))
        return copies_preview("the new ticket", 0, added) if added else None

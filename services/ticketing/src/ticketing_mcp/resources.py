"""Resources: tickets, queues and service levels."""

from typing import Annotated

from servicekit.core import Refused
from servicekit.schema import Author, Record, Untrusted
from ticketing_mcp.models.comments import CommentKind, author_of, beginning
from ticketing_mcp.models.errors import unknown_queue, unknown_ticket
from ticketing_mcp.models.identifiers import MessageNumber, QueueId, TicketId, number_of
from ticketing_mcp.models.mail.view import BodyFormat
from ticketing_mcp.models.queues import QueueState
from ticketing_mcp.models.sla import ListedPolicy, SlaPolicy
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.conversations import MOST_READ
from ticketing_mcp.ports.desk import Desk


class SlaPolicies(Record):
    """All service levels of this desk."""

    policies: list[SlaPolicy | ListedPolicy]


def _author_of(original: "OriginalMessage") -> Author:
    return author_of(original.kind)


class OriginalMessage(Record):
    """A message as it was delivered, with its HTML. `length` is set if only the beginning is here."""

    sequence: int
    kind: CommentKind
    format: BodyFormat
    body: Annotated[str, Untrusted(_author_of, verbatim=True)]
    length: int | None = None


class TicketResources:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        """One ticket without its comments. Clients can subscribe to it."""
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket

    async def original_message(self, ticket_id: TicketId, sequence: MessageNumber) -> OriginalMessage:
        """A message as it was delivered, with its HTML."""
        message = await self._desk.message(number_of(ticket_id), int(sequence))
        if message is None:
            raise Refused(f"{ticket_id} has no message {sequence}. list_comments lists its messages.")
        body = beginning(message.body, MOST_READ)
        return OriginalMessage(
            sequence=message.sequence,
            kind=message.kind,
            format=message.format,
            body=body,
            length=message.length if len(body) < message.length else None,
        )

    async def queue(self, queue_id: QueueId) -> QueueState:
        """One queue with members and load."""
        queue = await self._desk.queue(queue_id)
        if queue is None:
            raise unknown_queue(queue_id, await self._desk.queues())
        return queue

    async def sla_policies(self) -> SlaPolicies:
        """Business hours, holidays and targets of each service level."""
        return SlaPolicies(policies=list(await self._desk.policies()))

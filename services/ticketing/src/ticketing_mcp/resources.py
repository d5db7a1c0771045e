"""Resources: tickets, queues and service levels."""

from servicekit.schema import Record
from ticketing_mcp.models.errors import unknown_queue, unknown_ticket
from ticketing_mcp.models.identifiers import QueueId, TicketId, number_of
from ticketing_mcp.models.queues import QueueState
from ticketing_mcp.models.sla import SlaPolicy
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.desk import Desk


class SlaPolicies(Record):
    """All service levels of this desk."""

    policies: list[SlaPolicy]


class TicketResources:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        """One ticket without its comments. Clients can subscribe to it."""
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket

    async def queue(self, queue_id: QueueId) -> QueueState:
        """One queue with members and load."""
        queue = await self._desk.queue(queue_id)
        if queue is None:
            raise unknown_queue(queue_id, await self._desk.queues())
        return queue

    async def sla_policies(self) -> SlaPolicies:
        """Business hours, holidays and targets of each service level."""
        return SlaPolicies(policies=list(await self._desk.policies()))

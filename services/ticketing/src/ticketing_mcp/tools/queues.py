"""Tools for queues and service levels."""

from collections.abc import Callable
from datetime import UTC, datetime

from servicekit.schema import Page
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import QueueId, TicketId, number_of
from ticketing_mcp.models.queues import Queue, QueueState
from ticketing_mcp.models.sla import SlaStatus, policies_by_id, sla_status
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.tools.lookups import existing_queue


def _now() -> datetime:
    return datetime.now(UTC)


class QueueTools:
    """Reads of queues and service levels. `now` is the clock for service levels."""

    def __init__(self, desk: Desk, now: Callable[[], datetime] = _now) -> None:
        self._desk = desk
        self._now = now

    async def list_queues(self) -> Page[Queue]:
        """All queues (teams, groups, departments) that you may send tickets to: purpose, service level, default
        priority."""
        queues = await self._desk.queues()
        return Page(queues, max(1, len(queues)), key=lambda queue: (queue.id,))

    async def get_queue(self, queue_id: QueueId) -> QueueState:
        """How busy one queue (team) is: who is in it, its backlog, and how many tickets wait or are unassigned."""
        return await existing_queue(self._desk, queue_id)

    async def get_sla_status(self, ticket_id: TicketId) -> SlaStatus:
        """When a response to a ticket or its solution is due, and the time left (SLA deadlines), or whether it is late,
        overdue, breached or was answered in time; in business minutes.

        Clocks stop while it is on hold. Rules: sla://policies.
        """
        ticket = await self._ticket(ticket_id)
        queue = await existing_queue(self._desk, ticket.queue_id)
        policy = policies_by_id(await self._desk.policies())[queue.sla_policy_id]
        return sla_status(ticket, policy, self._now())

    async def _ticket(self, ticket_id: TicketId) -> Ticket:
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket

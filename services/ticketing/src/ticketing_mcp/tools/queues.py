"""Tools for queues."""

from servicekit.schema import Page
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.queues import Queue, QueueState
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.tools.lookups import existing_queue


class QueueTools:
    """Reads of queues."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_queues(self) -> Page[Queue]:
        """All queues (teams, groups, departments) that you may send tickets to: purpose, service level, default
        priority."""
        queues = await self._desk.queues()
        return Page(queues, max(1, len(queues)), key=lambda queue: (queue.id,))

    async def get_queue(self, queue_id: QueueId) -> QueueState:
        """How busy one queue (team) is: who is in it, its backlog, and how many tickets wait or are unassigned."""
        return await existing_queue(self._desk, queue_id)

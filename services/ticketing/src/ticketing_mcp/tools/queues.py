"""Tools for queues."""

from servicekit.schema import Page
from ticketing_mcp.models.errors import unknown_queue
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.queues import LoadedQueue, QueueState
from ticketing_mcp.ports.desk import Desk


class QueueTools:
    """Reads of queues."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_queues(self) -> Page[LoadedQueue]:
        """All queues (teams, groups, departments) that you may send tickets to: purpose, service level, load."""
        queues = await self._desk.loaded_queues()
        return Page(queues, max(1, len(queues)), key=lambda queue: (queue.id,))

    async def get_queue(self, queue_id: QueueId) -> QueueState:
        """How busy one queue (team) is: who is in it, their workload, its backlog by age, unassigned tickets."""
        queue = await self._desk.queue(queue_id)
        if queue is None:
            raise unknown_queue(queue_id, await self._desk.queues())
        return queue

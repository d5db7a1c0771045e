"""Looks up queues that arguments name, and refuses unknown ones with the nearest names."""

from ticketing_mcp.models.errors import unknown_queue
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.queues import QueueState
from ticketing_mcp.ports.desk import DeskReader


async def existing_queue(desk: DeskReader, queue_id: QueueId) -> QueueState:
    """A queue that the caller may use.

    Raises:
        Refused: there is none with that id.
    """
    queue = await desk.queue(queue_id)
    if queue is None:
        raise unknown_queue(queue_id, await desk.queues())
    return queue

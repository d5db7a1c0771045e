"""Looks up queues that arguments name, and refuses unknown ones with the nearest names."""

from ticketing_mcp.models.errors import unknown_queue
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.queues import Queue
from ticketing_mcp.ports.desk import DeskReader


async def existing_queue(desk: DeskReader, queue_id: QueueId) -> Queue:
    """A queue that the caller may use.

    Raises:
        Refused: there is none with that id.
    """
    queues = await desk.queues()
    queue = next((queue for queue in queues if queue.id == queue_id), None)
    if queue is None:
        raise unknown_queue(queue_id, queues)
    return queue

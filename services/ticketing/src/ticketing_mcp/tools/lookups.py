"""Looks up queues and staff that arguments name, and refuses unknown ones with the nearest names."""

from collections.abc import Iterable

from ticketing_mcp.models.errors import unknown_assignee, unknown_queue
from ticketing_mcp.models.identifiers import QueueId, UserId
from ticketing_mcp.models.queues import QueueState
from ticketing_mcp.ports.desk import DeskReader
from ticketing_mcp.ports.people import People

_MOST_STAFF = 2000


async def existing_queue(desk: DeskReader, queue_id: QueueId) -> QueueState:
    """A queue that the caller may use.

    Raises:
        Refused: there is none with that id.
    """
    queue = await desk.queue(queue_id)
    if queue is None:
        raise unknown_queue(queue_id, await desk.queues())
    return queue


async def require_existing(desk: DeskReader, queue_id: QueueId | None, assignee_id: UserId | None) -> None:
    """Check the filters of an empty result, so that it means: no ticket.

    Raises:
        Refused: a filter names a queue or a staff member that does not exist.
    """
    if queue_id is not None:
        queues = await desk.queues()
        if queue_id not in {queue.id for queue in queues}:
            raise unknown_queue(queue_id, queues)
    if assignee_id is not None:
        staff = await desk.users((), "staff", _MOST_STAFF, None)
        if assignee_id not in {user.id for user in staff}:
            raise unknown_assignee(assignee_id, staff)


async def outside_addresses(people: People, addresses: Iterable[str]) -> list[str]:
    """The addresses that belong to no member of staff."""
    if not (given := list(addresses)):
        return []
    staff = {user.email for user in await people.users((), "staff", _MOST_STAFF, None)}
    return [address for address in given if address not in staff]

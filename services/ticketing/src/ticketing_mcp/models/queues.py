"""Queues: the teams that tickets wait for."""

from servicekit.schema import Record
from ticketing_mcp.models.tickets import Priority


class Queue(Record):
    """A queue, and the service level that its tickets are promised."""

    id: str
    name: str
    purpose: str
    sla_policy_id: str
    default_priority: Priority


class QueueLoad(Record):
    """Tickets of a queue that are not closed, and how many of them are nobody's."""

    open: int
    pending: int
    on_hold: int
    unassigned: int


class QueueState(Queue):
    """A queue with its members and its load."""

    members: list[str]
    load: QueueLoad

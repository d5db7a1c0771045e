"""Queue records."""

from servicekit.schema import Record
from ticketing_mcp.models.tickets import Priority


class Queue(Record):
    """A queue with its service level. Without `sla_policy_id`, the desk chooses a service level for each ticket."""

    id: str
    name: str
    purpose: str
    sla_policy_id: str | None = None
    default_priority: Priority


class QueueLoad(Record):
    """Numbers of a queue's open, pending and on-hold tickets, and of the unassigned ones among them."""

    open: int
    pending: int
    on_hold: int
    unassigned: int


class QueueState(Queue):
    """A queue with its members and its load."""

    members: list[str]
    load: QueueLoad

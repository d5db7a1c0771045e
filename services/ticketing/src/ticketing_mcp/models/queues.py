"""Queue records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from servicekit.schema import Record
from ticketing_mcp.models.identifiers import StaffText
from ticketing_mcp.models.tickets import Priority, Status

Age = Literal["under 1 day", "1 to 3 days", "3 to 7 days", "over 7 days"]
AGES: tuple[Age, ...] = get_args(Age)


class Queue(Record):
    """A queue with its service level. Without `sla_policy_id`, the desk chooses a service level for each ticket."""

    id: str
    name: str
    purpose: str
    sla_policy_id: str | None = None
    default_priority: Priority


class StatusCounts(Record):
    """Numbers of tickets by status; closed ones are not counted."""

    open: int = 0
    pending: int = 0
    on_hold: int = 0


class Load(StatusCounts):
    """`breached` tickets have a late target; the next target of `due_soon` ones will be late within two hours.

    Both are absent where the desk does not count them.
    """

    breached: int | None = None
    due_soon: int | None = None


class QueueLoad(Load):
    """The load of a queue. `unassigned` tickets are counted in the other numbers, too."""

    unassigned: int = 0


class AssigneeLoad(Load):
    """The load of a member of a queue, who may have no ticket, or of another assignee of its tickets."""

    assignee_id: str
    assignee_name: StaffText


class AgeCounts(StatusCounts):
    """Numbers of tickets that were created so long ago."""

    age: Age


class LoadedQueue(Queue):
    """A queue with its load, where the desk knows it."""

    load: QueueLoad | None = None


class QueueState(Queue):
    """A queue with its members and its load: in total, and where the desk counts that, by assignee and by age."""

    members: list[str]
    load: QueueLoad
    assignees: list[AssigneeLoad] | None = None
    ages: list[AgeCounts] | None = None


@dataclass(frozen=True, slots=True)
class LoadGroup:
    """A number of tickets of a queue that are alike."""

    assignee_id: str | None
    status: Status
    age: Age
    is_breached: bool
    is_due_soon: bool
    tickets: int


def queue_state(
    queue: Queue, staff: Mapping[str, str], members: Sequence[str], groups: Sequence[LoadGroup]
) -> QueueState:
    """Sum up the tickets of a queue.

    Args:
        staff: names of the members and of the assignees, by id.
        members: ids of the members.
    """
    load, assignees = _no_load(), {identifier: _no_load() for identifier in sorted(staff)}
    ages: dict[Age, Counter[str]] = {age: Counter() for age in AGES}
    for group in groups:
        counted = {group.status.replace("-", "_"): group.tickets}
        ages[group.age].update(counted)
        if group.is_breached:
            counted["breached"] = group.tickets
        if group.is_due_soon:
            counted["due_soon"] = group.tickets
        load.update(counted)
        if group.assignee_id is None:
            load.update(unassigned=group.tickets)
        else:
            assignees[group.assignee_id].update(counted)
    return QueueState(
        **queue.model_dump(),
        members=list(members),
        load=QueueLoad(**load),
        assignees=[
            AssigneeLoad(assignee_id=identifier, assignee_name=staff[identifier], **counts)
            for identifier, counts in assignees.items()
        ],
        ages=[AgeCounts(age=age, **counts) for age, counts in ages.items()],
    )


def _no_load() -> Counter[str]:
    return Counter(breached=0, due_soon=0)

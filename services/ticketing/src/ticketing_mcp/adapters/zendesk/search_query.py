"""The query of a ticket search in Zendesk's syntax
(https://support.zendesk.com/hc/en-us/articles/4408886879258-Zendesk-Support-search-reference).

Conditions on different properties must all hold; several values of one property mean any of them. Words of a person
are quoted where they have operators in them, so that they can never become a condition.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ticketing_mcp.adapters.zendesk.groups import Directory, Group, is_limited
from ticketing_mcp.adapters.zendesk.records import WIRE_STATUSES
from ticketing_mcp.models.tickets import Status
from ticketing_mcp.ports.search import TicketFilter

TICKETS: Final = "type:ticket"
_MOST_GROUPS: Final = 100
"""Groups in one query. With more, the tickets are filtered after the search alone."""


class NothingVisible(Exception):
    """No ticket can match: the caller may see none of the queues."""


def query_of(filters: TicketFilter, directory: Directory) -> str:
    """The query of some conditions, within the caller's queues.

    Raises:
        NothingVisible: the caller may see none of them.
    """
    parts = [TICKETS, *groups_of(filters.queue_id, directory)]
    if filters.query.number is not None and not filters.query.words:
        parts.append(str(filters.query.number))
    parts += [term(word) for word in filters.query.words]
    parts += _statuses([filters.status] if filters.status is not None else [])
    if filters.priority is not None:
        parts.append(
            f"priority:{filters.priority}"
            if filters.priority != "normal"
            else "-priority:low -priority:high -priority:urgent"
        )
    if filters.assignee_id is not None:
        parts.append(f"assignee_id:{filters.assignee_id}")
    return " ".join(parts)


def term(word: str) -> str:
    """A word of a person, which is never an operator."""
    if word.isalnum():
        return word
    plain = "".join(character if character.isprintable() and character not in '"\\' else " " for character in word)
    return f'"{" ".join(plain.split())}"'


def groups_of(queue_id: str | None, directory: Directory) -> Iterable[str]:
    """The conditions on groups: the wanted one, or those that the caller may see.

    Raises:
        NothingVisible: the caller may see none of them.
    """
    if queue_id is not None:
        group = directory.find(queue_id)
        if group is None:
            raise NothingVisible
        return [_in_group(group)]
    if not is_limited():
        return []
    granted: Sequence[Group] = directory.granted()
    if not granted:
        raise NothingVisible
    return [_in_group(group) for group in granted] if len(granted) <= _MOST_GROUPS else []


def _in_group(group: Group) -> str:
    return "group:none" if group.number is None else f"group_id:{group.number}"


def _statuses(statuses: Iterable[Status]) -> list[str]:
    return [f"status:{name}" for status in statuses for name in WIRE_STATUSES[status]]

"""Groups of agents as queues: their ids here, and those that the caller may use."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from servicekit.core import granted
from servicekit.storage.search_terms import fold
from ticketing_mcp.adapters.zendesk.api.client import ZendeskApi, parsed
from ticketing_mcp.adapters.zendesk.wire import WireGroup

NO_GROUP: Final = "no-group"
"""The queue of tickets that are in no group."""
_LONGEST: Final = 40
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Group:
    """A group, or with `number` None the tickets without one."""

    id: str
    number: int | None
    name: str
    purpose: str


class Directory:
    """All groups of an account, by their id here and by Zendesk's number.

    The id is the group's name in lower case with hyphens, which people know and grants can name. Where two groups
    would share an id, each has its number behind it, so that a grant never covers a group by accident.
    """

    def __init__(self, groups: Iterable[WireGroup]) -> None:
        present = [group for group in groups if not group.deleted]
        slugs = {group.id: slug(group.name) for group in present}
        shared = Counter([*slugs.values(), NO_GROUP])
        self.groups: Final = [
            *(
                Group(
                    f"{slugs[group.id] or 'group'}-{group.id}"
                    if not slugs[group.id] or shared[slugs[group.id]] > 1
                    else slugs[group.id],
                    group.id,
                    group.name,
                    group.description or "",
                )
                for group in present
            ),
            Group(NO_GROUP, None, "No group", "Tickets that are in no group yet."),
        ]
        self._by_number = {group.number: group for group in self.groups}
        self._by_id = {group.id: group for group in self.groups}

    def queue_id(self, number: int | None) -> str:
        """The id of a group; one that was deleted has none but its number."""
        known = self._by_number.get(number)
        return known.id if known is not None else f"group-{number}"

    def find(self, queue_id: str) -> Group | None:
        """The group of an id or of Zendesk's number, if the caller may use it."""
        group = self._by_id.get(queue_id)
        if group is None and queue_id.isascii() and queue_id.isdigit():
            group = self._by_number.get(int(queue_id))
        return group if group is not None and is_granted(group.id) else None

    def granted(self) -> list[Group]:
        """The groups that the caller may use, by id."""
        return sorted((group for group in self.groups if is_granted(group.id)), key=lambda group: group.id)

    def sees(self, number: int | None) -> bool:
        """Whether the caller may see tickets of a group."""
        return is_granted(self.queue_id(number))


class Groups:
    """Reads the groups of the caller's account; what other readers build on."""

    def __init__(self, api: ZendeskApi) -> None:
        self._api = api

    async def directory(self) -> Directory:
        found = await self._api.everything(("groups",), "groups", "groups")
        return Directory(parsed(WireGroup, item) for item in found)


def is_granted(queue_id: str) -> bool:
    """Whether the caller may use a queue."""
    queues = granted("queues")
    return queues is None or queues.allows(queue_id)


def is_limited() -> bool:
    """Whether the caller may use only some queues."""
    return granted("queues") is not None


def slug(name: str) -> str:
    """A name in lower case, with hyphens between its words: ``IT Support`` becomes ``it-support``."""
    return _SEPARATORS.sub("-", fold(name)).strip("-")[:_LONGEST].rstrip("-")

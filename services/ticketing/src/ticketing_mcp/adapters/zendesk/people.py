"""Reading users: agents and administrators are staff, end users are requesters."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from servicekit.schema import CursorKey
from servicekit.storage.search_terms import fold, person_terms
from ticketing_mcp.adapters.zendesk.api.client import PAGE, parsed, parsed_list
from ticketing_mcp.adapters.zendesk.groups import Directory, Groups
from ticketing_mcp.adapters.zendesk.records import user_of
from ticketing_mcp.adapters.zendesk.wire import WireMembership, WireUser
from ticketing_mcp.models.users import User, UserKind

_MOST_PAGES: Final = 5
_ROLES: Final = ("agent", "admin")


class ZendeskPeople(Groups):
    """`People` on Zendesk."""

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: CursorKey | None
    ) -> list[User]:
        """Staff are compared with the words here; requesters are searched by Zendesk, which finds at most 500."""
        nothing: list[WireUser] = []
        staff, requesters, (directory, members) = await asyncio.gather(
            self.agents() if kind != "requester" else _none(nothing),
            self._requesters(words) if kind != "staff" else _none(nothing),
            self._memberships(),
        )
        found = [user for user in {one.id: one for one in (*staff, *requesters)}.values() if _matches(user, words)]
        found.sort(key=lambda user: str(user.id))
        shown = [user for user in found if after is None or str(user.id) > after[0]]
        return [
            user_of(user, (directory.queue_id(group) for group in members.get(user.id, ()))) for user in shown[:count]
        ]

    async def staff(self, names: Sequence[str]) -> list[User]:
        """The agents with one of these ids, e-mail addresses or external ids."""
        agents, (directory, members) = await asyncio.gather(self.agents(), self._memberships())
        wanted = {fold(name) for name in names}
        found = [
            user for user in agents if wanted & {str(user.id), fold(user.email or ""), fold(user.external_id or "")}
        ]
        found.sort(key=lambda user: str(user.id))
        return [user_of(user, (directory.queue_id(group) for group in members.get(user.id, ()))) for user in found]

    async def agents(self) -> list[WireUser]:
        """All active agents and administrators."""
        found = await asyncio.gather(
            *(self._api.everything(("users",), "users", "agents", {"role": role}) for role in _ROLES)
        )
        users = (parsed(WireUser, item) for items in found for item in items)
        return [user for user in users if user.active and not user.suspended and user.is_staff]

    async def queue_members(self, queue_ids: Collection[str]) -> dict[str, list[str]]:
        """The staff of each of these groups, by id."""
        agents, (directory, members) = await asyncio.gather(self.agents(), self._memberships())
        numbers = {queue_id: group.number for queue_id in queue_ids if (group := directory.find(queue_id)) is not None}
        return {
            queue_id: sorted(str(user.id) for user in agents if number in members.get(user.id, ()))
            for queue_id, number in numbers.items()
        }

    async def _requesters(self, words: Sequence[str]) -> list[WireUser]:
        """End users, by what Zendesk finds: names and addresses with these words or their beginnings."""
        text = " ".join(["role:end-user", *(_term(word) for word in words)])
        found: list[WireUser] = []
        for page in range(1, _MOST_PAGES + 1):
            query = {"query": text, "per_page": PAGE, "page": page}
            users = parsed_list(WireUser, await self._api.read(("users", "search"), "users", query), "users")
            found += [user for user in users if not user.is_staff and user.active]
            if len(users) < PAGE:
                break
        return found

    async def _memberships(self) -> tuple[Directory, Mapping[int, set[int]]]:
        """The groups, and the numbers of each agent's."""
        directory, found = await asyncio.gather(
            self.directory(), self._api.everything(("group_memberships",), "group_memberships", "group members")
        )
        members: dict[int, set[int]] = {}
        for one in (parsed(WireMembership, item) for item in found):
            members.setdefault(one.user_id, set()).add(one.group_id)
        return directory, members


async def _none(nothing: list[WireUser]) -> list[WireUser]:
    return nothing


def _term(word: str) -> str:
    """A word of a name for Zendesk's search: quoted where it has operators in it, else with its longer forms."""
    return f"{word}*" if word.isalnum() else '"' + word.replace('"', " ").replace("\\", " ") + '"'


def _matches(user: WireUser, words: Iterable[str]) -> bool:
    """Whether each word is the beginning of a word of the name or address."""
    terms = person_terms(user.name, fold(user.email or ""))
    return all(any(term.startswith(word) for term in terms) for word in words)

"""Finds the staff member that an argument names."""

from collections.abc import Collection

from servicekit.core import current_caller
from servicekit.storage.search_terms import WORD, fold
from ticketing_mcp.models.errors import ambiguous_assignee, not_on_the_staff, unknown_assignee
from ticketing_mcp.models.identifiers import Assignee
from ticketing_mcp.models.users import User
from ticketing_mcp.ports.people import People

_ME = frozenset({"me", "@me", "myself"})
_NO_ONE = frozenset({"none", "unassigned", "no one"})
_MOST_STAFF = 2000
_MOST_NAMESAKES = 50
_MOST_WORDS = 5


def is_no_one(given: Assignee) -> bool:
    """Whether a word in place of a name says that there is no assignee."""
    return fold(given).strip() in _NO_ONE


class StaffNames:
    """Resolves the names of staff members in the arguments of one call."""

    def __init__(self, people: People, argument: str = "assignee_id") -> None:
        self._people = people
        self._argument = argument
        self._exact: dict[str, str] = {}

    async def read(self, given: Collection[str]) -> None:
        """Look up the ids and e-mail addresses among these names, in one statement."""
        spellings = sorted({spelling for name in given for spelling in _spellings(name)})
        found = await self._people.staff(spellings)
        for user in found:
            self._exact[user.id] = self._exact[fold(user.email)] = user.id
        if len(given) == 1 and len(found) == 1:  # a desk may know its staff by more than that
            self._exact |= dict.fromkeys(spellings, found[0].id)

    async def member(self, given: Assignee, members: Collection[str] | None = None) -> str:
        """The id of the staff member with this id, e-mail address or full name, or with a first or last name that only
        one has; ``me`` is the caller.

        Args:
            members: among several of one name, the only one of these is meant.

        Raises:
            Refused: there is none, or several, which it names.
        """
        if (exact := next((self._exact[one] for one in _spellings(given) if one in self._exact), None)) is not None:
            return exact
        if fold(given).strip() in _ME:
            raise not_on_the_staff(current_caller().subject)
        words = WORD.findall(fold(given))
        found = await self._people.users(words[:_MOST_WORDS], "staff", _MOST_NAMESAKES, None) if words else []
        named = [user for user in found if _words(user) == words]
        named = named or [user for user in found if set(words) <= set(_words(user))]
        if len(named) > 1 and members is not None:
            named = [user for user in named if user.id in members] or named
        if not named:
            raise unknown_assignee(given, await self._people.users((), "staff", _MOST_STAFF, None), self._argument)
        if len(named) > 1:
            raise ambiguous_assignee(named, self._argument)
        return named[0].id


async def staff_member(people: People, given: Assignee, members: Collection[str] | None = None) -> str:
    """The id of the staff member that an argument `assignee_id` names (`StaffNames.member`)."""
    names = StaffNames(people)
    await names.read([given])
    return await names.member(given, members)


def _spellings(given: str) -> list[str]:
    """The ids and e-mail addresses that a name may be."""
    folded = fold(given).strip()
    if folded in _ME:
        return [fold(current_caller().subject)]
    return [folded, "-".join(folded.removeprefix("@").split())]


def _words(user: User) -> list[str]:
    return WORD.findall(fold(user.name))

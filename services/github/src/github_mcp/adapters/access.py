"""Who may touch which repository: grants before any request, and what is known of the repository before the rest."""

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from fnmatch import fnmatchcase
from typing import Any, Final

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories import RepositoryFacts
from github_mcp.ports import PrivateReadings
from servicekit.core import Refused, granted
from servicekit.upstream import SingleFlight

_KNOWN_FOR: Final = 60.0
"""Seconds for which a repository's visibility is taken to be what it was."""
_MOST_KNOWN: Final = 2000


def is_granted(full_name: str) -> bool:
    """Whether the caller's grants cover a repository. Names and patterns (``acme/*``) are compared without case."""
    names = granted("repositories")
    return names is None or any(fnmatchcase(full_name.lower(), name.lower()) for name in names)


class Access:
    """Every request about a repository passes here.

    Args:
        look: fetches what GitHub says about a repository.
        readings: remembers who read from private repositories.
    """

    def __init__(
        self, look: Callable[[RepositoryName], Coroutine[Any, Any, RepositoryFacts]], readings: PrivateReadings
    ) -> None:
        self._look = look
        self._readings = readings
        self._looks: SingleFlight[RepositoryFacts] = SingleFlight()
        self._known: OrderedDict[str, tuple[float, RepositoryFacts]] = OrderedDict()

    async def facts(self, repository: RepositoryName) -> RepositoryFacts:
        """What is known of a repository that the caller may touch.

        Raises:
            Refused: outside the caller's grants, not there, or there under another name.
        """
        if not is_granted(repository.full):
            raise Refused(
                f"Your access is limited to certain repositories, and {repository.full} is not among them. whoami "
                "shows who you are here; the operator, or whoever issued your token, decides which repositories."
            )
        name = repository.full.lower()
        known = self._known.get(name)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        facts = await self._looks.join(name, lambda: self._look(repository))
        if facts.full_name.lower() != name:
            # It was renamed or moved: grants are about names, so the old one opens nothing.
            raise Refused(f"There is no repository {repository.full} any more: it has another name now. Search for it.")
        self._known[name] = (time.monotonic() + _KNOWN_FOR, facts)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return facts

    async def reading(self, repository: RepositoryName) -> RepositoryFacts:
        """The same, for a call that is about to read what is in it."""
        facts = await self.facts(repository)
        if facts.private:
            await self._readings.note(facts.full_name)
        return facts

    async def may_show(self, repository: RepositoryName) -> bool:
        """Whether text of a repository that a search found may be shown; reading it is reading."""
        if not is_granted(repository.full):
            return False
        try:
            await self.reading(repository)
        except Refused:  # gone, or under another name, since the search was prepared
            return False
        return True

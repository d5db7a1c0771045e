"""Access to repositories: checks the caller's grants before any request, then the repository's visibility."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import RepositoryFacts
from github_mcp.ports.repositories import PrivateReadings
from servicekit.core import Refused, granted
from servicekit.upstream import SingleFlight

_KNOWN_FOR: Final = 60.0
"""Seconds for which a repository's visibility is cached."""
_MOST_KNOWN: Final = 2000


class Renamed(Refused):
    """The repository has another name now."""


def is_granted(full_name: str) -> bool:
    """Whether the caller may touch a repository. Names and patterns (``acme/*``) are compared without case."""
    repositories = granted("repositories", ignore_case=True)
    return repositories is None or repositories.allows(full_name)


def require_owner(owner: str) -> None:
    """Check that the caller may touch everything of an owner, such as an organisation's teams.

    Raises:
        Refused: a list of grants names only some repositories of that owner.
    """
    limited = granted("repositories", ignore_case=True)
    whole = {"*", "*/*", f"{owner.lower()}/*"}
    if limited is not None and not all(whole.intersection(names) for names in limited.lists):
        raise Refused(
            f"Your access is limited to certain repositories, and this needs {owner}/* among them. See github_whoami "
            "for your grants; the operator or the issuer of your token can extend them."
        )


def require_new(repository: RepositoryName) -> None:
    """Check that the caller may create a repository of this name.

    Raises:
        Refused: a list of grants has no pattern that stands for it.
    """
    limited = granted("repositories", ignore_case=True)
    if limited is not None and not limited.allows_new(repository.full):
        raise Refused(
            f"Your access is limited to certain repositories, and {repository.full} would be a new one. That needs a "
            f"grant for its owner, such as {repository.owner}/*: the name of a single repository does not allow to "
            "create one. See github_whoami for your grants; the operator or the issuer of your token can extend them."
        )


class Access:
    """Checks every request about a repository.

    Args:
        look: fetches a repository's facts from GitHub.
        readings: records callers who read from private repositories.
    """

    def __init__(
        self, look: Callable[[RepositoryName], Coroutine[Any, Any, RepositoryFacts]], readings: PrivateReadings
    ) -> None:
        self._look = look
        self._readings = readings
        self._looks: SingleFlight[RepositoryFacts] = SingleFlight()
        self._known: OrderedDict[str, tuple[float, RepositoryFacts]] = OrderedDict()
        self.explain: Callable[[RepositoryName], Awaitable[Refused]] | None = None
        """Makes the refusal of a repository that GitHub does not show, with the nearest names for this caller."""

    async def facts(self, repository: RepositoryName) -> RepositoryFacts:
        """Visibility and default branch of a repository within the caller's grants.

        Raises:
            Refused: outside the caller's grants, unknown, or renamed.
        """
        try:
            return await self._facts(repository)
        except RefusedByGitHub as refused:
            if refused.status != 404 or self.explain is None:
                raise
            # Outside the shared look: names depend on the grants of each caller.
            raise await self.explain(repository) from None

    def forget(self, repository: RepositoryName) -> None:
        """Look at a repository again before its next use: it was made or changed just now."""
        self._known.pop(repository.full.lower(), None)

    async def reading(self, repository: RepositoryName, *, confidential: bool = False) -> RepositoryFacts:
        """The same, for a call that reads content; records readings of private repositories, and of what is
        confidential in public ones."""
        facts = await self.facts(repository)
        if confidential and not facts.private:
            await self._readings.note(f"{facts.full_name}, its security alerts")
        await self._note(facts)
        return facts

    async def may_show(self, repository: RepositoryName) -> bool:
        """Whether a search result from this repository may be shown. Showing it counts as reading.

        Raises:
            Refused, Unavailable: it cannot be decided.
        """
        if not is_granted(repository.full):
            return False
        try:
            facts = await self._facts(repository)
        except RefusedByGitHub as refused:
            if refused.status != 404:
                raise
            return False  # deleted since GitHub indexed it
        except Renamed:
            return False
        await self._note(facts)
        return True

    async def _note(self, facts: RepositoryFacts) -> None:
        if facts.private:
            await self._readings.note(facts.full_name)

    async def _facts(self, repository: RepositoryName) -> RepositoryFacts:
        if not is_granted(repository.full):
            raise Refused(
                f"Your access is limited to certain repositories, and {repository.full} is not among them. See "
                "github_whoami for your grants; the operator or the issuer of your token can extend them."
            )
        name = repository.full.lower()
        known = self._known.get(name)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        facts = await self._looks.join(name, lambda: self._look(repository))
        if facts.full_name.lower() != name:
            # Renamed or moved. Grants are by name, so the old name must not give access to the new one.
            raise Renamed(
                f"Repository {repository.full} has another name now. Find its new name with search_repositories."
            )
        self._known[name] = (time.monotonic() + _KNOWN_FOR, facts)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return facts

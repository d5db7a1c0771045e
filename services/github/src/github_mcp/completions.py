"""Completions of arguments: owners, repositories and refs."""

from typing import Final

from github_mcp.models.identifiers import OWNER, REPO, RepositoryName
from github_mcp.ports.accounts import Accounts
from github_mcp.ports.repositories import Repositories
from servicekit.registry import ResolvedArguments

_SUGGESTIONS: Final = 50


class GithubCompletions:
    """Completions, limited to the caller's grants."""

    def __init__(self, accounts: Accounts, repositories: Repositories) -> None:
        self._accounts = accounts
        self._repositories = repositories

    async def owner(self, prefix: str) -> list[str]:
        """This server's account and its organisations, if the caller may see at least one of their repositories."""
        me = await self._accounts.me()
        fitting = [name for name in (me.login, *me.organizations) if name and _begins(name, prefix)]
        return [name for name in fitting if (await self._repositories.owned_by(name, "all", 1, None)).items]

    async def repo(self, prefix: str, chosen: ResolvedArguments) -> list[str]:
        """Repositories of the chosen owner."""
        owner = OWNER.read(chosen.get("owner", ""))
        if owner is None:
            return []
        page = await self._repositories.owned_by(owner, "all", _SUGGESTIONS, None)
        names = [found.full_name.partition("/")[2] for found in page.items]
        return [name for name in names if _begins(name, prefix)]

    async def ref(self, prefix: str, chosen: ResolvedArguments) -> list[str]:
        """Branches of the chosen repository."""
        owner, repo = OWNER.read(chosen.get("owner", "")), REPO.read(chosen.get("repo", ""))
        if owner is None or repo is None:
            return []
        page = await self._repositories.branches(RepositoryName(owner, repo), _SUGGESTIONS, None)
        return [branch.name for branch in page.items if _begins(branch.name, prefix)]


def _begins(name: str, prefix: str) -> bool:
    return name.lower().startswith(prefix.strip().lower())

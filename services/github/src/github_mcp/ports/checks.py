"""Checks of commits."""

from typing import Protocol

from github_mcp.models.actions.checks import Checks
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullHead


class CommitChecks(Protocol):
    """Checks and statuses."""

    async def default_branch(self, repository: RepositoryName) -> str: ...
    async def head_of_pull(self, repository: RepositoryName, number: int) -> PullHead: ...
    async def of_commit(self, repository: RepositoryName, ref: str) -> Checks: ...

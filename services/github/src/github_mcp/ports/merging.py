"""Merging pull requests."""

from typing import Protocol

from github_mcp.models.changes import Merged
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.merging.branch_rules import MergeMethod
from github_mcp.models.merging.facts import MergeFacts
from github_mcp.models.pulls.pulls import PullRequest
from servicekit.core import Refused


class MergeRefused(Refused):
    """GitHub refused a merge.

    Args:
        words: for the caller.
        reasons: what is missing, where GitHub's words are known.
    """

    def __init__(self, words: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(words)
        self.reasons = reasons


class Merging(Protocol):
    """Merging, and what decides about it."""

    async def facts(self, repository: RepositoryName, pull: PullRequest, method: MergeMethod) -> MergeFacts:
        """What decides about a merge by this method."""
        ...

    async def merge(
        self, repository: RepositoryName, number: int, head: str, method: MergeMethod, title: str | None
    ) -> Merged:
        """Merge, if the head is still `head`.

        Raises:
            MergeRefused: GitHub refused it.
        """
        ...

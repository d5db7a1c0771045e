"""Merging pull requests."""

from typing import Protocol

from github_mcp.models.branch_rules import MergeMethod
from github_mcp.models.changes import Merged
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.merge_facts import MergeFacts
from github_mcp.models.pulls import PullRequest


class Merging(Protocol):
    """Merging, and what decides about it."""

    async def facts(self, repository: RepositoryName, pull: PullRequest) -> MergeFacts: ...
    async def merge(
        self, repository: RepositoryName, number: int, head: str, method: MergeMethod, title: str | None
    ) -> Merged: ...

"""Tools that change a pull request and its branch."""

from typing import Annotated, Literal

from pydantic import Field

from github_mcp.models.changes import BranchUpdate, Text, WrittenPull
from github_mcp.models.identifiers import Owner, PullNumber, Repo, RepositoryName
from github_mcp.ports.pulls import PullChange, PullEdits
from github_mcp.tools.issues import BodyEdits, Title
from github_mcp.tools.pulls import BaseBranch, HeadSha
from servicekit.core import Refused

Cleared = Annotated[list[Literal["body"]], Field(max_length=20, description="Fields to make empty.")]
Draft = Annotated[bool, Field(description="True turns it into a draft; false marks it ready for review.")]


class PullEditTools:
    def __init__(self, edits: PullEdits) -> None:
        self._edits = edits

    async def update_pull_request(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        title: Title | None = None,
        body: Text | None = None,
        edits: BodyEdits | None = None,
        base: BaseBranch | None = None,
        state: Literal["open", "closed"] | None = None,
        draft: Draft | None = None,
        clear: Cleared | None = None,
    ) -> WrittenPull:
        """Change a pull request (PR): its title, description or target branch, close or reopen it, make it a draft or
        ready for review. Omitted fields stay."""
        if [body is not None, edits is not None, bool(clear)].count(True) > 1:
            raise Refused(
                "Give one of `edits`, which change part of the body, `body`, which replaces it, and `clear`, which "
                "makes it empty."
            )
        change = PullChange(title, "" if clear else body, edits, base, state, draft)
        if change == PullChange():
            raise Refused(
                "Nothing to change. Give title, body, edits, base, state or draft; an empty one counts as left out. To "
                'make the body empty, give clear=["body"].'
            )
        return await self._edits.change(RepositoryName(owner, repo), pull_number, change)

    async def update_pull_request_branch(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, head_sha: HeadSha
    ) -> BranchUpdate:
        """Update the branch of a pull request (PR) that is behind: merge the latest commits of its target branch into
        it."""
        return await self._edits.update_branch(RepositoryName(owner, repo), pull_number, head_sha)

    async def find_branch_update(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, head_sha: HeadSha, **_: object
    ) -> BranchUpdate | None:
        """The update by an earlier attempt."""
        return await self._edits.find_branch_update(RepositoryName(owner, repo), pull_number, head_sha)

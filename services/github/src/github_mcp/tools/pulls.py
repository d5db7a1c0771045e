"""Tools for pull requests: reading, opening, reviewing."""

import asyncio
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from github_mcp.models.changes import Text, WrittenPull
from github_mcp.models.commits.fork_refs import HeadBranch
from github_mcp.models.excerpts import part_from
from github_mcp.models.identifiers import SHA, Branch, FromLine, Head, Owner, PullNumber, Repo, RepositoryName
from github_mcp.models.pulls.pulls import PullDiff, PullSummary
from github_mcp.models.pulls.reviews import ReviewedPull
from github_mcp.ports.issues import State
from github_mcp.ports.pulls import PullFilter, Pulls, PullText
from github_mcp.ports.reviews import Reviews
from github_mcp.tools.issues import Title
from github_mcp.tools.reviewed_pulls import reviewed
from servicekit.core import off_loop
from servicekit.schema import CursorKey, Limit, Page

BaseBranch = Annotated[Branch, Field(description="Branch to merge into.")]
HeadSha = Annotated[str, replace(SHA, found_by="get_pull_request"), Field(description="From get_pull_request.")]
MayPush = Annotated[bool, Field(description="From a fork: maintainers may push.")]
Draft = Annotated[bool, Field(description="Not to be merged yet.")]


class PullTools:
    def __init__(self, pulls: Pulls, reviews: Reviews) -> None:
        self._pulls = pulls
        self._reviews = reviews

    async def list_pull_requests(
        self,
        owner: Owner,
        repo: Repo,
        state: State = "open",
        base: BaseBranch | None = None,
        head: Head | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[PullSummary]:
        """The pull requests (PRs, merge requests) of one repository: open and waiting for a review, or closed, by
        branch."""
        return await self._pulls.list(RepositoryName(owner, repo), PullFilter(state, base, head), limit, cursor)

    async def get_pull_request(self, owner: Owner, repo: Repo, pull_number: PullNumber) -> ReviewedPull:
        """One pull request (PR): what it is for, author, branches, whether it can be merged (mergeable) or has
        conflicts, reviews, open review comments (threads)."""
        repository = RepositoryName(owner, repo)
        pull, found = await asyncio.gather(
            self._pulls.get(repository, pull_number),
            self._reviews.discussion(repository, pull_number),
            return_exceptions=True,
        )
        if isinstance(pull, BaseException):
            raise pull
        if isinstance(found, BaseException):
            raise found
        return reviewed(pull, found)

    async def get_pull_request_diff(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, from_line: FromLine = 1
    ) -> PullDiff:
        """Diff (code changes) of a pull request (PR): which files it touches and which lines are different.

        A long diff is cut; `whole` is a resource with all of it.
        """
        repository = RepositoryName(owner, repo)
        diff = await self._pulls.diff(repository, pull_number)
        part = await off_loop(len(diff), part_from, diff, from_line)
        whole = f"pr://{quote(repository.full)}/{pull_number}/diff"
        return PullDiff(
            repository=repository.full,
            number=pull_number,
            diff=part.text,
            first_line=part.first,
            last_line=part.last,
            total_lines=part.total,
            notice=part.notice(f"continue with from_line={part.last + 1}, or read {whole}"),
            whole=whole if part.is_cut else None,
        )

    async def create_pull_request(
        self,
        owner: Owner,
        repo: Repo,
        title: Title,
        head: HeadBranch,
        base: BaseBranch,
        body: Text | None = None,
        draft: Draft = False,
        maintainer_can_modify: MayPush | None = None,
    ) -> WrittenPull:
        """Open (create) a new pull request (PR): propose the changes of one branch for another."""
        text = PullText(title, head, base, body, draft, maintainer_can_modify)
        return await self._pulls.create(RepositoryName(owner, repo), text)

    async def find_pull_request(self, owner: Owner, repo: Repo, head: HeadBranch, **_: object) -> WrittenPull | None:
        """The pull request that an earlier attempt opened."""
        return await self._pulls.find_created(RepositoryName(owner, repo), head)

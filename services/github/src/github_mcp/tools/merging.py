"""Merging pull requests: the only destructive tool of this server."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Annotated

from github_mcp.models.changes import Merged, MergePreview
from github_mcp.models.identifiers import Owner, PullNumber, Repo, RepositoryName
from github_mcp.models.merging.branch_rules import MergeMethod
from github_mcp.models.merging.readiness import BLOCKED, Readiness, name_of, readiness
from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.ports.merging import MergeRefused, Merging
from github_mcp.ports.pulls import Pulls
from github_mcp.tools.disclosure import Disclosure, warning
from github_mcp.tools.pulls import HeadSha
from servicekit.core import Refused, off_loop
from servicekit.schema import FreeText, show_line

CommitTitle = Annotated[str, FreeText(256, "GitHub's default if omitted.", name=True)]


class MergeTools:
    def __init__(self, pulls: Pulls, merging: Merging, disclosure: Disclosure) -> None:
        self._pulls = pulls
        self._merging = merging
        self._disclosure = disclosure

    async def merge_pull_request(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        head_sha: HeadSha,
        method: MergeMethod = "merge",
        commit_title: CommitTitle | None = None,
    ) -> Merged:
        """Merge (land) a pull request (PR) into its target branch, squashed into one commit or not. Permanent; a person
        confirms."""
        repository = RepositoryName(owner, repo)
        _require_open(await self._pulls.get_current(repository, pull_number), head_sha)
        try:  # the preview, made just before, has compared the requirements
            return await self._merging.merge(repository, pull_number, head_sha, method, commit_title)
        except MergeRefused as refused:
            raise await self._explained(refused, repository, pull_number, head_sha, method) from None

    async def preview_merge(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        head_sha: HeadSha,
        method: MergeMethod = "merge",
        commit_title: CommitTitle | None = None,
    ) -> MergePreview:
        repository = RepositoryName(owner, repo)
        (pull, ready), readings = await asyncio.gather(
            self._checked(repository, pull_number, head_sha, method), self._disclosure.readings(repository)
        )
        words = warning(readings, repository)
        before = f"{words} " if words else ""
        titled = f' titled "{show_line(commit_title)}"' if commit_title else ""
        head, base = show_line(pull.head), show_line(pull.base)
        effect = (
            f"{before}Merges pull request #{pull_number} of {repository.full} ({head} at {head_sha[:12]}, "
            f"{_count(pull.commits, 'commit')}, {_count(pull.changed_files, 'file')}) into {base} permanently, "
            f"method {method}{titled}. {_standing(ready)}"
        )
        return MergePreview(
            effect=effect,
            version=pull_number,
            repository=repository.full,
            number=pull_number,
            head_sha=head_sha,
            base=pull.base,
            method=method,
            unmet=ready.unmet,
            unknown=ready.unknown,
        )

    async def find_merge(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, head_sha: HeadSha, **_: object
    ) -> Merged | None:
        """The merge of this head by an earlier attempt."""
        pull = await self._pulls.get_current(RepositoryName(owner, repo), pull_number)
        if pull.merged_at is None or pull.head_sha != head_sha or pull.merge_commit_sha is None:
            return None
        return Merged(number=pull_number, sha=pull.merge_commit_sha)

    async def _checked(
        self, repository: RepositoryName, number: int, head_sha: str, method: MergeMethod
    ) -> tuple[PullRequest, Readiness]:
        """The pull request and what its merge requires.

        Raises:
            Refused: GitHub would refuse the merge; everything that is missing is named.
        """
        pull = await self._pulls.get_current(repository, number)
        _require_open(pull, head_sha)
        ready = await self._readiness(repository, pull, method)
        if ready.is_refused:
            raise Refused(_refusal(number, ready))
        return pull, ready

    async def _readiness(self, repository: RepositoryName, pull: PullRequest, method: MergeMethod) -> Readiness:
        facts = await self._merging.facts(repository, pull, method)
        if pull.mergeable is None:  # GitHub began to compute it with the first request
            pull = await self._pulls.get_current(repository, pull.number)
        compare = partial(readiness, draft=pull.draft is True, mergeable=pull.mergeable)
        work = 100 * len(facts.owners or ()) * len(facts.paths.paths if facts.paths is not None else ())
        return await off_loop(work, compare, facts, method, pull.base)

    async def _explained(
        self, refused: MergeRefused, repository: RepositoryName, number: int, head_sha: str, method: MergeMethod
    ) -> Refused:
        """A refusal by GitHub, with what is missing now; if that does not show, with the reasons that GitHub gave."""
        pull = await self._pulls.get_current(repository, number)
        _require_open(pull, head_sha)
        ready = await self._readiness(repository, pull, method)
        if ready.unmet in ((), (BLOCKED,)):
            ready = replace(ready, certain=refused.reasons, ruled=())
        return Refused(f"{_refusal(number, ready)} {refused}") if ready.unmet else refused


def _count(number: int | None, noun: str) -> str:
    """``1 commit``, ``3 commits``; ``commits`` where the number is unknown."""
    return f"{noun}s" if number is None else f"{number} {noun}" + ("" if number == 1 else "s")


def _refusal(number: int, ready: Readiness) -> str:
    words = f"Pull request #{number} cannot be merged yet: {'; '.join(ready.unmet)}."
    return f"{words} Unknown: {'; '.join(ready.unknown)}." if ready.unknown else words


def _standing(ready: Readiness) -> str:
    """What is missing, for the person who decides."""
    unknown = f" Unknown: {'; '.join(ready.unknown)}." if ready.unknown else ""
    if not ready.unmet:
        return f"Every requirement that this server sees is met.{unknown}"
    bypass = (
        "this server's account may bypass that, so GitHub will merge"
        if ready.can_bypass
        else "GitHub will refuse, unless this server's account may bypass that"
    )
    return f"NOT MET: {'; '.join(ready.unmet)} ({bypass}).{unknown}"


def _require_open(pull: PullRequest, head_sha: str) -> None:
    """Check that this is an open pull request in the reviewed state.

    Raises:
        Refused: it is merged already, closed, or its head is not `head_sha`.
    """
    name = f"Pull request #{pull.number}"
    if pull.merged_at is not None:
        raise Refused(f"{name} is already merged.")
    if pull.state != "open":
        raise Refused(f"{name} is {name_of(pull.state)} and cannot be merged. Reopen it first.")
    if pull.head_sha != head_sha:
        raise Refused(
            f"{name} has changed: its head is now {pull.head_sha}. Review the new commits, then call again with that "
            "head_sha."
        )

"""Merging pull requests: the only destructive tool of this server."""

from typing import Annotated

from github_mcp.models.changes import Merged, MergePreview
from github_mcp.models.identifiers import Owner, PullNumber, Repo, RepositoryName
from github_mcp.models.pulls import PullRequest
from github_mcp.ports.pulls import MergeMethod, Pulls
from github_mcp.tools.disclosure import Disclosure, warning
from github_mcp.tools.pulls import HeadSha
from servicekit.core import Refused
from servicekit.schema import FreeText, show_line

CommitTitle = Annotated[str, FreeText(256, "GitHub's default if omitted.", name=True)]


class MergeTools:
    def __init__(self, pulls: Pulls, disclosure: Disclosure) -> None:
        self._pulls = pulls
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
        confirms.

        Read it and its checks first.
        """
        repository = RepositoryName(owner, repo)
        _mergeable(await self._pulls.get_current(repository, pull_number), head_sha)
        return await self._pulls.merge(repository, pull_number, head_sha, method, commit_title)

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
        pull = await self._pulls.get_current(repository, pull_number)
        _mergeable(pull, head_sha)
        words = warning(await self._disclosure.readings(repository), repository)
        before = f"{words} " if words else ""
        titled = f' titled "{show_line(commit_title)}"' if commit_title else ""
        head, base = show_line(pull.head), show_line(pull.base)
        effect = (
            f"{before}Merges pull request #{pull_number} of {repository.full} ({head} at {head_sha[:12]}, "
            f"{_count(pull.commits, 'commit')}, {_count(pull.changed_files, 'file')}) into {base} permanently, "
            f"method {method}{titled}."
        )
        return MergePreview(
            effect=effect,
            version=pull_number,
            repository=repository.full,
            number=pull_number,
            head_sha=head_sha,
            base=pull.base,
            method=method,
        )

    async def find_merge(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, head_sha: HeadSha, **_: object
    ) -> Merged | None:
        """The merge of this head by an earlier attempt."""
        pull = await self._pulls.get_current(RepositoryName(owner, repo), pull_number)
        if pull.merged_at is None or pull.head_sha != head_sha or pull.merge_commit_sha is None:
            return None
        return Merged(number=pull_number, sha=pull.merge_commit_sha)


def _count(number: int | None, noun: str) -> str:
    """``1 commit``, ``3 commits``; ``commits`` where the number is unknown."""
    return f"{noun}s" if number is None else f"{number} {noun}" + ("" if number == 1 else "s")


def _mergeable(pull: PullRequest, head_sha: str) -> None:
    """Refuse a merge that GitHub would refuse, with the reason.

    Raises:
        Refused: merged already, closed, a draft, in conflict, or its head is not `head_sha`.
    """
    name = f"Pull request #{pull.number}"
    if pull.merged_at is not None:
        raise Refused(f"{name} is already merged.")
    if pull.state != "open":
        raise Refused(f"{name} is {show_line(pull.state)} and cannot be merged. Reopen it first.")
    if pull.head_sha != head_sha:
        raise Refused(
            f"{name} has changed: its head is now {pull.head_sha}. Review the new commits, then call again with that "
            "head_sha."
        )
    if pull.draft:
        raise Refused(f"{name} is a draft and cannot be merged. Its author must mark it ready for review.")
    if pull.mergeable is False:
        raise Refused(f"{name} conflicts with {show_line(pull.base)}. Resolve the conflict on its branch first.")

"""Commits and branches at GitHub. Commits of several files use the Git data API, with one tree."""

from collections.abc import Sequence
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.effect_ids import is_written, message_with_effect_id
from github_mcp.adapters.api.errors import UNKNOWN_REF, EmptyRepository, RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.commits.first_commit import NULL, FirstCommit
from github_mcp.adapters.commits.refused_commits import moved_branch, refused_commit
from github_mcp.adapters.commits.tree_changes import TreeChanges, sha_of
from github_mcp.adapters.commits.whole_commits import WholeCommits
from github_mcp.models.changes import FileChange, WrittenBranch, WrittenCommit
from github_mcp.models.commits.commits import Commit, CommitSummary
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import CursorKey, Page
from servicekit.upstream import Query

_LOOKED_THROUGH: Final = 20  # latest commits of a branch that are checked for an earlier attempt's


class GitHubCommits:
    """Implements `Commits`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._whole = WholeCommits(api)

    async def history(
        self,
        repository: RepositoryName,
        ref: str | None,
        path: str | None,
        author: str | None,
        limit: int,
        cursor: CursorKey | None,
    ) -> Page[CommitSummary]:
        """Newest first."""

        async def fetch(number: int, size: int) -> Fetched[CommitSummary]:
            query: Query = {"sha": ref, "path": path or None, "author": author, "per_page": size, "page": number}
            what = f"{ref or 'default branch'} in {repository.full}"
            reply = await self._api.read(repository, Request(("commits",), what, query))
            return fetched(reply, parsed_list(CommitSummary, reply.json()), size)

        try:
            page = await collect(fetch, limit, cursor)
        except RefusedByGitHub as refused:
            if ref is None or refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_ref(repository, ref) from None
        if not page.items and cursor is None:
            await self._names.require_user(repository, author, "author")
            if path and (author is None or not (await self.history(repository, ref, path, None, 1, None)).items):
                used = ref or (await self._api.access.facts(repository)).default_branch
                raise await self._names.no_path(repository, path, used)
        return page

    async def get(self, repository: RepositoryName, ref: str, path: str | None = None) -> Commit:
        """One commit with its files, or those at or below `path`."""
        return await self._whole.get(repository, ref, path)

    async def create_branch(self, repository: RepositoryName, branch: str, start: str | None) -> WrittenBranch:
        """Create a branch from `start` (branch, tag or commit), by default from the default branch."""
        start = start or (await self._api.access.facts(repository)).default_branch
        commit = parsed(CommitSummary, (await self._whole.page(repository, start, "from_ref"))[1])
        content = {"ref": f"refs/heads/{branch}", "sha": commit.sha}
        request = Request(("git", "refs"), f"branch {branch} in {repository.full}")
        await self._api.write(repository, "POST", request, content)
        return WrittenBranch(branch=branch, sha=commit.sha)

    async def find_branch(self, repository: RepositoryName, branch: str) -> str | None:
        """The SHA of a branch's head."""
        request = Request(("git", "ref", "heads", *branch.split("/")), f"branch {branch}", current=True)
        data = await self._api.read_or_none(repository, request)
        # GitHub used to answer with all refs of that prefix when the exact one was missing.
        if not isinstance(data, dict) or data.get("ref") != f"refs/heads/{branch}":
            return None
        return sha_in(data.get("object"))

    async def commit_files(
        self, repository: RepositoryName, branch: str, head: str | None, message: str, files: Sequence[FileChange]
    ) -> WrittenCommit:
        """Create blobs, a tree and a commit, then fast-forward the branch; GitHub refuses if it has moved meanwhile."""
        first = FirstCommit(self._api, repository, branch, message)
        try:
            present = await self.find_branch(repository, branch)
        except EmptyRepository:
            return await first.make(files, head)
        if present is None:
            raise await self._names.no_branch(repository, branch, "branch")
        if head is None or head == NULL:
            begun = await first.continued(files, present)
            if begun is not None:
                return begun
            raise moved_branch(branch, None, present)
        if present != head:
            raise moved_branch(branch, head, present)
        where = f"{repository.full} at {branch}"
        before = Request(("git", "commits", head), f"commit {head} in {repository.full}", pinned=True)
        base = (await self._api.read(repository, before)).json()
        if not isinstance(base, dict):
            raise UnexpectedResponse
        root = sha_in(base.get("tree"))
        changes = await TreeChanges(self._api, repository, root, where).of(files)
        try:
            tree = await self._made(repository, "trees", where, {"base_tree": root, "tree": changes.entries})
            content = {"message": message_with_effect_id(message), "tree": tree, "parents": [head]}
            commit = await self._made(repository, "commits", where, content)
            request = Request(("git", "refs", "heads", *branch.split("/")), f"branch {branch} in {repository.full}")
            await self._api.write(repository, "PATCH", request, {"sha": commit, "force": False})
        except RefusedByGitHub as refused:
            present = await self.find_branch(repository, branch) if refused.status == 422 else head
            if present is not None and present != head:
                raise moved_branch(branch, head, present) from None
            raise refused_commit(refused, branch, files) from None
        notice = " ".join(changes.notices) or None
        return WrittenCommit(branch=branch, sha=commit, files=changes.files, notice=notice)

    async def find_commit(self, repository: RepositoryName, branch: str) -> str | None:
        """The recent commit that carries the effect id of the current write."""
        query: Query = {"sha": branch, "per_page": _LOOKED_THROUGH}
        request = Request(("commits",), f"branch {branch}", query, current=True)
        try:
            reply = await self._api.read(repository, request)
        except EmptyRepository:
            return None
        found = parsed_list(CommitSummary, reply.json())
        return next((one.sha for one in found if is_written(one.message)), None)

    async def _made(self, repository: RepositoryName, kind: str, what: str, content: dict[str, Any]) -> str:
        """Create a Git object and return its SHA."""
        return sha_of(await self._api.write(repository, "POST", Request(("git", kind), what), content, idempotent=True))


def sha_in(data: Any) -> str | None:
    """The SHA of an object in GitHub's JSON."""
    sha = data.get("sha") if isinstance(data, dict) else None
    return sha if isinstance(sha, str) else None

"""The first commit of an empty repository.

GitHub's Git data API works only once a commit exists, and its contents API writes one plain file. A single plain file
is the first commit. Otherwise that commit is a beginning, which the whole commit then replaces.
"""

import base64
from collections.abc import Sequence
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.effect_ids import begun_with_effect_id, has_begun, message_with_effect_id
from github_mcp.adapters.api.errors import EmptyRepository, RefusedByGitHub
from github_mcp.adapters.commits.refused_commits import refused_commit
from github_mcp.adapters.commits.tree_changes import TreeChanges, sha_of
from github_mcp.models.changes import FileChange, WrittenCommit
from github_mcp.models.files.file_bytes import new_file
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import OutcomeUnknown, Refused, off_loop

NULL: Final = "0" * 40
"""The SHA by which git means that there is no commit."""
_WORKFLOWS: Final = ".github/workflows/"
_IN_TWO: Final = (
    "GitHub does not allow this branch to be rewritten, so the history begins with two commits: the first has "
    "{path} alone."
)


class FirstCommit:
    """Makes the first commit of a repository.

    Args:
        message: of the commit.
    """

    def __init__(self, api: GitHubApi, repository: RepositoryName, branch: str, message: str) -> None:
        self._api, self._repository, self._branch, self._message = api, repository, branch, message
        self._where = f"{repository.full} at {branch}"

    async def make(self, files: Sequence[FileChange], head: str | None) -> WrittenCommit:
        """Begin the branch with these files.

        Args:
            head: the commit that the caller expects; None or `NULL` for none.

        Raises:
            Refused: a file has no content, the caller expects a commit, or the repository is a fork being copied.
        """
        facts = await self._api.access.facts(self._repository)
        if facts.fork:
            raise EmptyRepository(self._repository, facts)
        if head not in (None, NULL):
            raise Refused(
                f"{self._repository.full} is empty: it has no commit {head}. Nothing was written. Leave out "
                "expected_head to make the first commit."
            )
        for file in files:
            if file.content is None:
                raise Refused(
                    f"{self._repository.full} is empty: there is no file {file.path} to change. Nothing was written. "
                    "Give `content` for each file of the first commit."
                )
        first = _begins(files)
        is_whole = len(files) == 1 and _is_plain(first)
        message = (message_with_effect_id if is_whole else begun_with_effect_id)(self._message)
        try:
            begun = await self._put(first, message)
        except RefusedByGitHub as refused:
            raise refused_commit(refused, self._branch, [first]) from None
        self._api.access.forget(self._repository)  # the first branch becomes the default branch
        if is_whole:
            return WrittenCommit(branch=self._branch, sha=begun, files=1)
        try:
            return await self._complete(files, begun, first.path)
        except RefusedByGitHub as refused:
            raise Refused(
                f"{refused} Branch {self._branch} has only {first.path} so far. Commit the other files with "
                f"expected_head {begun}."
            ) from None

    async def continued(self, files: Sequence[FileChange], head: str) -> WrittenCommit | None:
        """The whole commit, if an earlier attempt at this write got as far as the beginning; otherwise None."""
        request = Request(("git", "commits", head), f"commit {head} in {self._repository.full}", pinned=True)
        commit = (await self._api.read(self._repository, request)).json()
        return await self._complete(files, head, _begins(files).path) if has_begun(commit) else None

    async def _put(self, file: FileChange, message: str) -> str:
        made = await off_loop(len(file.content or ""), new_file, file, None)
        content = {"message": message, "content": base64.b64encode(made.content).decode(), "branch": self._branch}
        request = Request(("contents", *file.path.split("/")), f"file {file.path} in {self._where}")
        data = await self._api.write(self._repository, "PUT", request, content)
        commit = data.get("commit") if isinstance(data, dict) else None
        return sha_of(commit)

    async def _complete(self, files: Sequence[FileChange], begun: str, first: str) -> WrittenCommit:
        """Replace the beginning by a commit of all files, or follow it where the branch cannot be rewritten."""
        made = await TreeChanges(self._api, self._repository, None, self._where).of(files)
        tree = sha_of(await self._write("POST", ("git", "trees"), {"tree": made.entries}, idempotent=True))
        notices = [*made.notices]
        try:
            sha = await self._pointed(tree, [], begun)
        except RefusedByGitHub as refused:
            if refused.status not in (403, 409, 422):
                raise
            sha = await self._pointed(tree, [begun], begun)
            notices.append(_IN_TWO.format(path=first))
        return WrittenCommit(branch=self._branch, sha=sha, files=made.files, notice=" ".join(notices) or None)

    async def _pointed(self, tree: str, parents: list[str], begun: str) -> str:
        """A commit of the tree that is the branch's head now; only in place of, or after, the beginning."""
        content = {"message": message_with_effect_id(self._message), "tree": tree, "parents": parents}
        sha = sha_of(await self._write("POST", ("git", "commits"), content, idempotent=True))
        name = ("heads", *self._branch.split("/"))
        request = Request(("git", "ref", *name), f"branch {self._branch} in {self._repository.full}", current=True)
        ref = await self._api.read_or_none(self._repository, request)
        present = ref.get("object") if isinstance(ref, dict) else None
        if not isinstance(present, dict) or present.get("sha") != begun:
            raise OutcomeUnknown("GitHub")
        await self._write("PATCH", ("git", "refs", *name), {"sha": sha, "force": not parents})
        return sha

    async def _write(self, method: str, path: tuple[str, ...], content: Any, *, idempotent: bool = False) -> Any:
        request = Request(path, self._where)
        return await self._api.write(self._repository, method, request, content, idempotent=idempotent)


def _begins(files: Sequence[FileChange]) -> FileChange:
    """The file of the beginning: a plain one, and no workflow, which needs a permission of its own."""
    return min(files, key=lambda file: (not _is_plain(file), file.path.startswith(_WORKFLOWS)))


def _is_plain(file: FileChange) -> bool:
    """Whether the contents API can write the file: it sets no mode."""
    return not file.executable and not file.symlink

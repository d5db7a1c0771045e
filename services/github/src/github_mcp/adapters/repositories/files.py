"""Files and directories at GitHub."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import RAW, GitHubApi, Request, parsed_list
from github_mcp.adapters.api.errors import UNKNOWN_REF, RefusedByGitHub, TooLarge, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.repositories.directories import LINK, Directories
from github_mcp.models.identifiers import RepositoryName, is_sha
from github_mcp.models.repositories.repositories import Entry
from github_mcp.ports.files import Stored, Taker
from servicekit.core import off_loop
from servicekit.schema import unknown_value

_READ_WHOLE: Final = 8 * 1024 * 1024
"""Bytes of a file that is read at once. A larger one passes in pieces, of which a part is kept."""
_LARGEST: Final = 100 * 1024 * 1024
"""Bytes of the largest file that GitHub's API returns."""


class GitHubFiles:
    """Implements `Files`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def contents(self, repository: RepositoryName, path: str, ref: str | None) -> Stored:
        """A file or directory. Files over 1 MB need a second, raw request, since GitHub omits them from its JSON."""
        used = ref or (await self._api.access.facts(repository)).default_branch
        segments = ("contents", *filter(None, path.split("/")))
        what = f"{path or 'root directory'} in {repository.full} at {used}"
        request = Request(segments, what, {"ref": used}, pinned=is_sha(used))
        try:
            data = (await self._api.read(repository, request)).json()
        except TooLarge as refused:
            raise refused.with_advice(
                "Clone the repository with git to read it: the API returns up to 100 MB."
            ) from None
        except RefusedByGitHub as refused:
            if refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_path(repository, path, used) from None
        if isinstance(data, list):
            return Stored(used, "directory", entries=parsed_list(Entry, [_with_submodule(item) for item in data]))
        if not isinstance(data, Mapping):
            raise UnexpectedResponse
        sha, size, kind = data.get("sha"), data.get("size"), data.get("type")
        if kind != "file":
            target = data.get("target") or data.get("submodule_git_url")
            known = target if isinstance(target, str) else None
            stored = sha if isinstance(sha, str) else None
            return Stored(used, "symlink" if kind == "symlink" else "submodule", sha=stored, target=known)
        content = _decoded(data)
        if content is None and (not isinstance(size, int) or size <= _READ_WHOLE):
            raw = Request(segments, what, {"ref": used}, accept=RAW, json=False, pinned=is_sha(used))
            content = (await self._api.read(repository, raw)).body
        own = data.get("path")
        return Stored(
            used,
            "file",
            content=content,
            size=len(content) if content is not None else size or 0,
            sha=sha if isinstance(sha, str) else None,
            target=own if isinstance(own, str) and own != path else None,
        )

    async def stream(self, repository: RepositoryName, path: str, stored: Stored, into: Callable[[], Taker]) -> Taker:
        """Pass a file on in pieces. GitHub documents no ranges: each part is read from the file's beginning."""
        what = f"{path} in {repository.full} at {stored.ref}"
        if stored.sha is not None:
            request = Request(("git", "blobs", stored.sha), what, accept=RAW, json=False)
        else:
            segments = ("contents", *path.split("/"))
            request = Request(segments, what, {"ref": stored.ref}, accept=RAW, json=False)
        return await self._api.stream(repository, request, into, _LARGEST)

    async def tree(self, repository: RepositoryName, ref: str | None, path: str) -> tuple[list[Entry], bool]:
        """All entries at or below a path, and whether GitHub truncated their list.

        GitHub truncates the list of a large tree. Then the directory's own tree is read, found from the root.
        """
        used = ref or (await self._api.access.facts(repository)).default_branch
        try:
            root, entries, truncated = await self._tree(repository, used)
        except RefusedByGitHub as refused:
            if refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_ref(repository, used) from None
        if not path:
            return entries, truncated
        if truncated:
            sha = await self._directory(repository, root, path, used)
            _, entries, truncated = await self._tree(repository, sha)
            return [one.model_copy(update={"path": f"{path}/{one.path}"}) for one in entries], truncated
        below = [entry for entry in entries if entry.path.startswith(f"{path}/")]
        if not below:
            raise _no_directory(path, [entry.path for entry in entries if entry.type == "tree"])
        return below, False

    async def _tree(self, repository: RepositoryName, name: str) -> tuple[str | None, list[Entry], bool]:
        """The SHA of a tree, all its entries, and whether their list is truncated."""
        what = f"{name} in {repository.full}"
        request = Request(("git", "trees", name), what, {"recursive": 1}, pinned=is_sha(name))
        reply = await self._api.read(repository, request)
        data = reply.json()
        items = data.get("tree") if isinstance(data, Mapping) else None
        if not isinstance(items, list):
            raise UnexpectedResponse
        entries = await off_loop(len(reply.body), _listed, items)
        sha = data.get("sha")
        return sha if isinstance(sha, str) else None, entries, bool(data.get("truncated"))

    async def _directory(self, repository: RepositoryName, root: str | None, path: str, ref: str) -> str:
        """The SHA of a directory, read from the root down."""
        directories = Directories(self._api, repository, root or ref, f"{repository.full} at {ref}")
        parent = path.rpartition("/")[0]
        await directories.read([parent])
        found = directories.get(path)
        if found is None or found.type != "tree":
            raise _no_directory(path, directories.names("tree"))
        return found.sha


def _listed(items: list[Any]) -> list[Entry]:
    return parsed_list(Entry, [_with_kind(item) for item in items])


def _with_kind(item: Any) -> Any:
    """An entry of a tree that says whether it is a symbolic link or a submodule."""
    if isinstance(item, Mapping):
        if item.get("mode") == LINK:
            return {**item, "type": "symlink"}
        if item.get("type") == "commit":
            return {**item, "type": "submodule"}
    return item


def _with_submodule(item: Any) -> Any:
    """An entry of a directory that says whether it is a submodule: GitHub lists that as a file (contents API)."""
    url = item.get("git_url") if isinstance(item, Mapping) else None
    is_submodule = isinstance(url, str) and "/git/trees/" in url and item.get("type") == "file"
    return {**item, "type": "submodule"} if is_submodule else item


def _no_directory(path: str, folders: list[str]) -> Exception:
    return unknown_value("path", "directory", path, folders, "Omit path to list the root.")


def _decoded(data: Mapping[str, Any]) -> bytes | None:
    """The content of a file in GitHub's JSON; None if it is missing."""
    content = data.get("content")
    if data.get("encoding") != "base64" or not isinstance(content, str) or (not content and data.get("size")):
        return None
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except ValueError:  # not base64, or not ASCII
        raise UnexpectedResponse from None

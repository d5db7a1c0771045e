"""Files, directories, commits and branches."""

from posixpath import join, normpath
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.git_store import LINK_MODE, SUBMODULE_MODE, Entry
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, empty, not_found, require_size
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import changed_file, commit_object
from devkit.simulators.github.serializers.contents import (
    content_entry,
    content_file,
    content_link,
    content_submodule,
)
from devkit.simulators.github.serializers.repositories import branch, tag

_FILES = 300  # of a commit on one page
_ALL_FILES = 3000  # of a commit on all pages
_ENTRIES = 1000  # of a directory


def contents(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/contents/{path}."""
    repository = request.repository()
    ref = request.query.get("ref") or repository.default_branch
    if repository.lacks_commits():
        raise ApiError(404, "This repository is empty.")
    sha = repository.git.resolve(ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    entry = repository.git.entry(sha, request.values.get("path", "").strip("/"))
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        children = repository.git.children(entry)[:_ENTRIES]
        return [content_entry(request.urls, repository, child, ref) for child in children]
    if entry.mode == SUBMODULE_MODE:
        modules = repository.git.entry(sha, ".gitmodules")
        text = repository.git.blob(modules.sha).decode() if modules is not None else ""
        return content_submodule(request.urls, repository, entry, ref, text)
    file = _file_of_link(repository, sha, entry) if entry.mode == LINK_MODE else entry
    require_size(repository.git.blob((file or entry).sha))
    if "raw" in request.accept:
        content = repository.git.blob((file or entry).sha)
        return ApiResponse(content, media="application/vnd.github.raw+json; charset=utf-8")
    if file is None:
        return content_link(request.urls, repository, entry, ref)
    return content_file(request.urls, repository, file, ref)


def _file_of_link(repository: Repository, commit: str, link: Entry) -> Entry | None:
    """The file of the repository that a symbolic link leads to; GitHub shows it in the link's place."""
    target = repository.git.blob(link.sha).decode(errors="replace")
    path = normpath(join(link.path.rpartition("/")[0], target))
    if path.startswith(("/", "..")):
        return None
    found = repository.git.entry(commit, path)
    return found if found is not None and found.kind == "blob" and found.mode != LINK_MODE else None


def commits(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/commits."""
    repository = request.repository()
    if repository.lacks_commits():
        raise empty()
    head = repository.git.resolve(request.query.get("sha") or repository.default_branch)
    if head is None:
        raise not_found()
    found = list(repository.git.history(head, request.query.get("path") or None))
    if author := request.query.get("author"):
        found = [sha for sha in found if author.encode() in repository.git.commit(sha).author]
    return request.page(found, lambda sha: commit_object(request.urls, request.world, repository, sha))


def one_commit(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/commits/{ref}: with its files."""
    repository = request.repository()
    sha = request.commit(repository, request.values["ref"])
    parents = repository.git.commit(sha).parents
    changes = repository.git.changes(parents[0].decode() if parents else None, sha)
    additions, deletions = (sum(getattr(change, side) for change in changes) for side in ("additions", "deletions"))
    rest = {
        **commit_object(request.urls, request.world, repository, sha),
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
    }
    shown = request.page(
        changes[:_ALL_FILES],
        lambda change: changed_file(request.urls, repository, sha, change),
        "files",
        most=_FILES,
        usual=_FILES,
        **rest,
    )
    return ApiResponse(
        {name: value for name, value in shown.body.items() if name != "total_count"}, headers=shown.headers
    )


def tags(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/tags."""
    repository = request.repository()
    found = [
        (name.removeprefix("refs/tags/"), repository.git.commit_of(sha))
        for name, sha in reversed(repository.git.refs().items())
        if name.startswith("refs/tags/")
    ]
    if repository.lacks_commits():
        found = []
    return request.page(found, lambda pair: tag(request.urls, repository, *pair))


def branches(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/branches."""
    repository = request.repository()
    found = {} if repository.lacks_commits() else repository.git.branches()
    return request.page(found.items(), lambda pair: branch(request.urls, repository, *pair))


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/contents", contents),
    ("GET", "/repos/{owner}/{repo}/contents/{path:path}", contents),
    ("GET", "/repos/{owner}/{repo}/commits", commits),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}", one_commit),
    ("GET", "/repos/{owner}/{repo}/branches", branches),
    ("GET", "/repos/{owner}/{repo}/tags", tags),
)

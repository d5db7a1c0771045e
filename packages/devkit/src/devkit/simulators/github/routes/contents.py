"""Files, directories, commits and branches."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.responses import ApiError, ApiResponse, empty, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import (
    changed_file,
    commit_object,
    content_entry,
    content_file,
)
from devkit.simulators.github.serializers.repositories import branch, tag

_FILES = 300  # of a commit on one page


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
        return [content_entry(request.urls, repository, child, ref) for child in repository.git.children(entry)]
    if "raw" in request.accept:
        return ApiResponse(repository.git.blob(entry.sha), media="application/vnd.github.raw+json; charset=utf-8")
    return content_file(request.urls, repository, entry, ref)


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
        changes,
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
        (name.removeprefix("refs/tags/"), sha)
        for name, sha in repository.git.refs().items()
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

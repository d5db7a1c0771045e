"""Files, directories, commits and branches."""

from typing import Any

from devkit.simulators.github.api_request import Ask
from devkit.simulators.github.responses import ApiError, Reply, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import (
    changed_file,
    commit_object,
    content_entry,
    content_file,
)
from devkit.simulators.github.serializers.repositories import branch


def contents(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}/contents/{path}."""
    repository = ask.repository()
    ref = ask.query.get("ref") or repository.default_branch
    sha = repository.git.resolve(ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    entry = repository.git.entry(sha, ask.values.get("path", "").strip("/"))
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return [content_entry(ask.urls, repository, child, ref) for child in repository.git.children(entry)]
    if "raw" in ask.accept:
        return Reply(repository.git.blob(entry.sha), media="application/vnd.github.raw+json; charset=utf-8")
    return content_file(ask.urls, repository, entry, ref)


def commits(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/commits."""
    repository = ask.repository()
    head = repository.git.resolve(ask.query.get("sha") or repository.default_branch)
    if head is None:
        raise not_found()
    found = list(repository.git.history(head, ask.query.get("path") or None))
    if author := ask.query.get("author"):
        found = [sha for sha in found if author.encode() in repository.git.commit(sha).author]
    return ask.page(found, lambda sha: commit_object(ask.urls, ask.world, repository, sha))


def one_commit(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}/commits/{ref}: with its files."""
    repository = ask.repository()
    sha = ask.commit(repository, ask.values["ref"])
    parents = repository.git.commit(sha).parents
    changes = repository.git.changes(parents[0].decode() if parents else None, sha)
    additions, deletions = (sum(getattr(change, side) for change in changes) for side in ("additions", "deletions"))
    return {
        **commit_object(ask.urls, ask.world, repository, sha),
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
        "files": [changed_file(ask.urls, repository, sha, change) for change in changes],
    }


def branches(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/branches."""
    repository = ask.repository()
    return ask.page(repository.git.branches().items(), lambda pair: branch(ask.urls, repository, *pair))


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/contents", contents),
    ("GET", "/repos/{owner}/{repo}/contents/{path:path}", contents),
    ("GET", "/repos/{owner}/{repo}/commits", commits),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}", one_commit),
    ("GET", "/repos/{owner}/{repo}/branches", branches),
)

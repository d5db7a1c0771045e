"""Comparing two refs, also of two repositories of a network of forks."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import changed_file, commit_object

_COMMITS = 250  # without paging
_FILES = 300


def compare(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/compare/{basehead}: commits oldest first, and up to 300 files on the first page."""
    repository = request.repository()
    base_name, dots, head_name = request.values["basehead"].partition("...")
    if not dots or repository.lacks_commits():
        raise not_found()
    base, head = (_resolved(request, repository, name) for name in (base_name, head_name))
    git = repository.git
    if not git.share_history(base, head):
        raise ApiError(404, f"No common ancestor between {base_name} and {head_name}.")
    common = git.merge_base(base, head)
    ahead, behind = git.only_in(head, base), git.only_in(base, head)
    is_paged = bool({"page", "per_page"} & set(request.query))
    commits = list(reversed(ahead)) if is_paged else list(reversed(ahead[:_COMMITS]))
    own = request.urls.repository(repository, "compare", f"{base_name}...{head_name}")
    page = request.urls.page(repository, "compare", f"{base_name}...{head_name}")
    show = {sha: commit_object(request.urls, request.world, repository, sha) for sha in (base, common)}
    rest: dict[str, Any] = {
        "url": own,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": show[base],
        "merge_base_commit": show[common],
        "status": _status(len(ahead), len(behind)),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
    }
    if request.query.get("page", "1") == "1":
        files = git.changes(common, head)[:_FILES]
        rest["files"] = [changed_file(request.urls, repository, head, one) for one in files]
    shown = request.page(
        commits,
        lambda sha: commit_object(request.urls, request.world, repository, sha),
        "commits",
        most=100 if is_paged else _COMMITS,
        usual=100 if is_paged else _COMMITS,
        **rest,
    )
    body = {name: value for name, value in shown.body.items() if name != "total_count"}
    return ApiResponse(body, headers=shown.headers)


def _resolved(request: ApiRequest, repository: Repository, name: str) -> str:
    """The commit of ``ref``, ``owner:ref`` or ``owner:repo:ref``."""
    *where, ref = name.split(":")
    source = repository
    if where:
        network = [one for one in request.world.network(repository) if request.world.can_see(request.identity, one)]
        named = [
            one for one in network if one.owner.login.lower() == where[0].lower() and where[1:] in ([], [one.name])
        ]
        if not named:
            raise not_found()
        source = named[0]
        repository.git.take(source.git)
    sha = source.git.resolve(ref)
    if sha is None:
        raise not_found()
    return sha


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


TABLE: Table = (("GET", "/repos/{owner}/{repo}/compare/{basehead:path}", compare),)

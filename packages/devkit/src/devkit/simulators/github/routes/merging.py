"""Merging pull requests."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.merge_rules import pull_verdict
from devkit.simulators.github.pull_branches import changes_of, merged_tree, present
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError
from devkit.simulators.github.routes import Table

_NOT_MERGEABLE = "Pull Request is not mergeable"
_FORBIDDEN_METHODS = {
    "merge": "Merge commits are not allowed on this repository.",
    "squash": "Squash merges are not allowed on this repository.",
    "rebase": "Rebase merges are not allowed on this repository.",
}
_WORKFLOWS = ".github/workflows/"


def merge(request: ApiRequest) -> Any:
    """PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, method, expected = (
        present(repository, issue),
        request.body.get("merge_method", "merge"),
        request.body.get("sha"),
    )
    if pull.merged_at is not None or issue.state == "closed":
        raise ApiError(405, _NOT_MERGEABLE)
    if pull.draft:
        raise ApiError(405, "Pull Request is still a draft")
    if expected is not None and expected != pull.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    if method not in repository.merge_methods:
        raise ApiError(405, _FORBIDDEN_METHODS.get(str(method), _NOT_MERGEABLE))
    tree = merged_tree(repository, pull)
    if tree is None:
        raise ApiError(405, _NOT_MERGEABLE)
    found = pull_verdict(request.world, repository, issue, request.identity, str(method))
    if found.problems and not found.can_bypass:
        raise ApiError(405, "\n".join(found.problems))
    _require_workflow_scope(request, repository, pull)
    account, now = request.signed_in(), request.world.now()
    title = request.body.get("commit_title") or (
        f"{issue.title} (#{issue.number})"
        if method == "squash"
        else f"Merge pull request #{issue.number} from {repository.owner.login}/{pull.head_ref}"
    )
    message = "\n\n".join(filter(None, [title, request.body.get("commit_message") or issue.title]))
    base = repository.git.branches()[pull.base_ref]
    parents = [base] if method == "squash" else [base, pull.head_sha]
    pull.merge_sha = repository.git.add_commit(tree, parents, message, account.as_author, now)
    repository.git.set_ref(f"refs/heads/{pull.base_ref}", pull.merge_sha)
    pull.merged_at, pull.merged_by, issue.state = now, account, "closed"
    issue.closed_at = issue.updated_at = repository.pushed_at = now
    return {"sha": pull.merge_sha, "merged": True, "message": "Pull Request successfully merged"}


def _require_workflow_scope(request: ApiRequest, repository: Repository, pull: Pull) -> None:
    """A classic token needs the scope `workflow` for files that are on no other branch of the repository."""
    scopes = request.identity.scopes if request.identity is not None else None
    if scopes is None or "workflow" in scopes or pull.head_ref in repository.git.branches():
        return
    for change in changes_of(repository, pull):
        if change.path.startswith(_WORKFLOWS):
            words = "refusing to allow a Personal Access Token to create or update workflow"
            raise ApiError(403, f"{words} `{change.path}` without `workflow` scope")


TABLE: Table = (("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge", merge),)

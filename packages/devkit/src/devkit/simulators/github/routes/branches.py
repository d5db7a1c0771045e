"""Branches one by one: finding by the beginning of a name, deleting."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.merge_rules import rulesets_of
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiResponse, empty, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import ref_object


def matching_refs(request: ApiRequest) -> list[Any]:
    """GET /repos/{owner}/{repo}/git/matching-refs/{ref}: all refs that begin like it."""
    repository = request.repository()
    if repository.lacks_commits():
        raise empty()
    start = f"refs/{request.values['ref']}"
    found = [pair for pair in repository.git.refs().items() if pair[0].startswith(start)]
    return [ref_object(request.urls, repository, *pair) for pair in found]


def delete_ref(request: ApiRequest) -> ApiResponse:
    """DELETE /repos/{owner}/{repo}/git/refs/{ref}: closes the open pull requests from and into a branch."""
    repository, name = request.own_repository(), f"refs/{request.values['ref']}"
    if repository.lacks_commits():
        raise empty()
    if name not in repository.git.refs():
        raise unprocessable("Reference does not exist")
    branch = name.removeprefix("refs/heads/")
    if branch == repository.default_branch:
        raise unprocessable("Cannot delete the default branch")
    if branch in repository.protections:
        raise unprocessable("Cannot delete a protected branch")
    if any(kind == "deletion" for ruleset in rulesets_of(repository, branch) for kind, _ in ruleset.rules):
        raise unprocessable("Repository rule violations found\n\nCannot delete this branch\n")
    repository.git.delete_ref(name)
    _close_pulls(request, repository, branch)
    return ApiResponse(b"", 204)


def _close_pulls(request: ApiRequest, repository: Repository, branch: str) -> None:
    for issue in repository.issues.values():
        pull = issue.pull
        if pull is None or issue.state == "closed":
            continue
        is_head = pull.head_ref == branch and (pull.head_repository or repository) is repository
        if is_head or pull.base_ref == branch:
            issue.state = "closed"
            issue.closed_at = issue.updated_at = request.world.now()


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}", matching_refs),
    ("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}", delete_ref),
)

"""Branch protection and the rules of rulesets."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.merge_rules import rulesets_of
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.protection import (
    branch_with_protection,
    protection_object,
    rule_object,
    ruleset_object,
)


def one_branch(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/branches/{branch}."""
    repository = request.repository()
    name, sha = _branch(request, repository)
    return branch_with_protection(request.urls, request.world, repository, name, sha)


def branch_protection(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/branches/{branch}/protection, for administrators only."""
    repository = request.repository()
    name, _ = _branch(request, repository)
    if not request.world.is_admin(request.identity, repository):
        raise not_found()
    if (rule := repository.protections.get(name)) is None:
        raise ApiError(404, "Branch not protected")
    return protection_object(request.urls, repository, name, rule)


def branch_rules(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/rules/branches/{branch}. A branch that does not exist has rules too."""
    repository = request.repository()
    found = [
        (ruleset, kind, parameters)
        for ruleset in rulesets_of(repository, request.values["branch"])
        for kind, parameters in ruleset.rules
    ]
    return request.page(found, lambda one: rule_object(repository, *one))


def one_ruleset(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/rulesets/{ruleset_id}."""
    repository, number, identity = request.repository(), request.number("ruleset_id"), request.identity
    for ruleset in repository.rulesets:
        if ruleset.id == number:
            may_bypass = identity is not None and identity.account.login in ruleset.bypass
            return ruleset_object(request.urls, repository, ruleset, may_bypass=may_bypass)
    raise not_found()


def _branch(request: ApiRequest, repository: Repository) -> tuple[str, str]:
    name = request.values["branch"]
    sha = None if repository.lacks_commits() else repository.git.branches().get(name)
    if sha is None:
        raise ApiError(404, "Branch not found")
    return name, sha


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", branch_protection),
    ("GET", "/repos/{owner}/{repo}/branches/{branch}", one_branch),
    ("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", branch_rules),
    ("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", one_ruleset),
)

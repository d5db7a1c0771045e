"""Accounts and their repositories."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import organization, profile
from devkit.simulators.github.serializers.repositories import full_repository, minimal_repository, repository_object


def me(request: ApiRequest) -> Any:
    """GET /user."""
    account = request.signed_in()
    if account.kind == "Bot":
        raise ApiError(403, "Resource not accessible by integration")
    return profile(request.urls, account, _public(request, account))


def one_user(request: ApiRequest) -> Any:
    """GET /users/{username}."""
    account = _account(request, "username")
    return profile(request.urls, account, _public(request, account))


def my_organizations(request: ApiRequest) -> ApiResponse:
    """GET /user/orgs."""
    login = request.signed_in().login
    mine = [account for account in request.world.accounts.values() if login in account.members]
    return request.page(mine, lambda account: organization(request.urls, account))


def my_repositories(request: ApiRequest) -> ApiResponse:
    """GET /user/repos."""
    login, kind = request.signed_in().login, request.query.get("type", "all")
    found = [
        one
        for one in request.world.visible(request.identity)
        if request.world.can_push(request.identity, one) and _is_of(one, login, kind)
    ]
    return request.page(found, lambda one: repository_object(request.urls, one, push=True))


def repositories_of(request: ApiRequest) -> ApiResponse:
    """GET /users/{username}/repos: only public ones."""
    account = _account(request, "username")
    found = [one for one in request.world.visible(request.identity) if one.owner == account and not one.private]
    return request.page(found, lambda one: _listed(request, one))


def repositories_of_organization(request: ApiRequest) -> ApiResponse:
    """GET /orgs/{org}/repos, including private ones that the credential may read."""
    account, kind = _account(request, "org"), request.query.get("type", "all")
    if account.kind != "Organization":
        raise not_found()
    found = [one for one in request.world.visible(request.identity) if one.owner == account and _is_kind(one, kind)]
    return request.page(found, lambda one: _listed(request, one))


def repositories_of_installation(request: ApiRequest) -> ApiResponse:
    """GET /installation/repositories."""
    request.signed_in()
    found = [one for one in request.world.visible(request.identity) if request.world.can_push(request.identity, one)]
    return request.page(found, lambda one: repository_object(request.urls, one, push=True), wrap="repositories")


def one_repository(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}."""
    repository = request.repository()
    push = request.world.can_push(request.identity, repository)
    admin = request.world.is_admin(request.identity, repository)
    return full_repository(request.urls, repository, push=push, admin=admin)


def _listed(request: ApiRequest, repository: Repository) -> dict[str, Any]:
    whole = repository_object(request.urls, repository, push=request.world.can_push(request.identity, repository))
    return {**minimal_repository(request.urls, repository), **whole}


def _is_of(repository: Repository, login: str, kind: str) -> bool:
    own = repository.owner.login == login
    return {"owner": own, "member": not own}.get(kind, True) and _is_kind(repository, kind)


def _is_kind(repository: Repository, kind: str) -> bool:
    return {"public": not repository.private, "private": repository.private}.get(kind, True)


def _account(request: ApiRequest, name: str) -> Account:
    account = request.world.account(request.values[name])
    if account is None:
        raise not_found()
    return account


def _public(request: ApiRequest, account: Account) -> int:
    return sum(one.owner == account and not one.private for one in request.world.repositories.values())


TABLE: Table = (
    ("GET", "/user", me),
    ("GET", "/user/orgs", my_organizations),
    ("GET", "/user/repos", my_repositories),
    ("GET", "/users/{username}", one_user),
    ("GET", "/users/{username}/repos", repositories_of),
    ("GET", "/orgs/{org}/repos", repositories_of_organization),
    ("GET", "/installation/repositories", repositories_of_installation),
    ("GET", "/repos/{owner}/{repo}", one_repository),
)

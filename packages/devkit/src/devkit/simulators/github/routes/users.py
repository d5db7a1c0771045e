"""Accounts, what they own, and what is left of the limits."""

from typing import Any

from devkit.simulators.github.api_request import Ask
from devkit.simulators.github.responses import ApiError, Reply, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import organization, profile
from devkit.simulators.github.serializers.repositories import full_repository, minimal_repository, repository_object
from devkit.simulators.github.world import Account, Repository


def me(ask: Ask) -> Any:
    """GET /user."""
    account = ask.signed_in()
    if account.kind == "Bot":
        raise ApiError(403, "Resource not accessible by integration")
    return profile(ask.urls, account, _public(ask, account))


def one_user(ask: Ask) -> Any:
    """GET /users/{username}."""
    account = _account(ask, "username")
    return profile(ask.urls, account, _public(ask, account))


def my_organizations(ask: Ask) -> Reply:
    """GET /user/orgs."""
    login = ask.signed_in().login
    mine = [account for account in ask.world.accounts.values() if login in account.members]
    return ask.page(mine, lambda account: organization(ask.urls, account))


def my_repositories(ask: Ask) -> Reply:
    """GET /user/repos."""
    login, kind = ask.signed_in().login, ask.query.get("type", "all")
    found = [
        one
        for one in ask.world.visible(ask.identity)
        if ask.world.can_push(ask.identity, one) and _is_of(one, login, kind)
    ]
    return ask.page(found, lambda one: repository_object(ask.urls, one, push=True))


def repositories_of(ask: Ask) -> Reply:
    """GET /users/{username}/repos: the public ones, whoever asks."""
    account = _account(ask, "username")
    found = [one for one in ask.world.visible(ask.identity) if one.owner == account and not one.private]
    return ask.page(found, lambda one: _listed(ask, one))


def repositories_of_organization(ask: Ask) -> Reply:
    """GET /orgs/{org}/repos: with the private ones that the credential may see."""
    account, kind = _account(ask, "org"), ask.query.get("type", "all")
    if account.kind != "Organization":
        raise not_found()
    found = [one for one in ask.world.visible(ask.identity) if one.owner == account and _is_kind(one, kind)]
    return ask.page(found, lambda one: _listed(ask, one))


def repositories_of_installation(ask: Ask) -> Reply:
    """GET /installation/repositories."""
    ask.signed_in()
    found = [one for one in ask.world.visible(ask.identity) if ask.world.can_push(ask.identity, one)]
    return ask.page(found, lambda one: repository_object(ask.urls, one, push=True), wrap="repositories")


def one_repository(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}."""
    repository = ask.repository()
    return full_repository(ask.urls, repository, push=ask.world.can_push(ask.identity, repository))


def _listed(ask: Ask, repository: Repository) -> dict[str, Any]:
    whole = repository_object(ask.urls, repository, push=ask.world.can_push(ask.identity, repository))
    return {**minimal_repository(ask.urls, repository), **whole}


def _is_of(repository: Repository, login: str, kind: str) -> bool:
    own = repository.owner.login == login
    return {"owner": own, "member": not own}.get(kind, True) and _is_kind(repository, kind)


def _is_kind(repository: Repository, kind: str) -> bool:
    return {"public": not repository.private, "private": repository.private}.get(kind, True)


def _account(ask: Ask, name: str) -> Account:
    account = ask.world.account(ask.values[name])
    if account is None:
        raise not_found()
    return account


def _public(ask: Ask, account: Account) -> int:
    return sum(one.owner == account and not one.private for one in ask.world.repositories.values())


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

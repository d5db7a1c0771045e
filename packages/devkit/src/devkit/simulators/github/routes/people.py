"""Searching users; collaborators of a repository; teams of an organisation."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.responses import ApiError, ApiResponse, forbidden, invalid, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import team_object, user

_ADMIN = {"pull": True, "triage": True, "push": True, "maintain": True, "admin": True}


def search_users(request: ApiRequest) -> ApiResponse:
    """GET /search/users: every word in the login or the name; `type:user` and `type:org`."""
    terms = request.query.get("q", "").lower().split()
    if not terms:
        raise invalid("Search", "q", "missing")
    words = [term for term in terms if ":" not in term]
    kinds = {term.partition(":")[2] for term in terms if term.startswith("type:")}
    found = [
        account
        for account in request.world.accounts.values()
        if account.kind != "Bot"
        and kinds <= {"org" if account.kind == "Organization" else "user"}
        and all(word in f"{account.login} {account.name or ''}".lower() for word in words)
    ]
    answer = request.page(found, lambda account: {**user(request.urls, account), "score": 1.0}, wrap="items")
    answer.body = {"incomplete_results": request.world.search_is_incomplete, **answer.body}
    return answer


def collaborators(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/collaborators: the members of its organisation, or its owner."""
    repository = request.repository()
    request.signed_in()
    if not request.world.can_push(request.identity, repository):
        raise ApiError(403, "Must have push access to view repository collaborators.")
    logins = sorted(repository.owner.members) or [repository.owner.login]
    found = [account for login in logins if (account := request.world.account(login))]
    rights: dict[str, Any] = {"permissions": _ADMIN, "role_name": "admin"}
    return request.page(found, lambda account: {**user(request.urls, account), **rights})


def teams_of_repository(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/teams: every team of its organisation."""
    owner = request.own_repository().owner
    return request.page(owner.teams, lambda team: team_object(request.urls, owner, team))


def teams(request: ApiRequest) -> ApiResponse:
    """GET /orgs/{org}/teams."""
    organization = _organization(request)
    return request.page(organization.teams, lambda team: team_object(request.urls, organization, team))


def members(request: ApiRequest) -> ApiResponse:
    """GET /orgs/{org}/teams/{team_slug}/members."""
    wanted = request.values["team_slug"].lower()
    team = next((one for one in _organization(request).teams if one.slug == wanted), None)
    if team is None:
        raise not_found()
    found = [account for login in sorted(team.members) if (account := request.world.account(login))]
    return request.page(found, lambda account: user(request.urls, account))


def _organization(request: ApiRequest) -> Account:
    """The organisation. GitHub shows its teams to its members only."""
    account = request.world.account(request.values["org"])
    if account is None:
        raise not_found()
    if request.signed_in().login not in account.members:
        raise forbidden()
    return account


TABLE: Table = (
    ("GET", "/search/users", search_users),
    ("GET", "/repos/{owner}/{repo}/collaborators", collaborators),
    ("GET", "/repos/{owner}/{repo}/teams", teams_of_repository),
    ("GET", "/orgs/{org}/teams", teams),
    ("GET", "/orgs/{org}/teams/{team_slug}/members", members),
)

"""Users and organisations; ids and times in GitHub's format."""

import base64
from datetime import datetime
from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.accounts import Account, Team

_BEGAN = "2020-01-01T00:00:00Z"


def time_of(moment: datetime | None) -> str | None:
    """A time, for example 2026-01-31T12:00:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def node_id(kind: str, number: int) -> str:
    """The GraphQL id of an object."""
    return base64.b64encode(f"0:{kind}{number}".encode()).decode()


def user(urls: Urls, account: Account) -> dict[str, Any]:
    """`simple-user`."""
    own = f"{urls.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("User", account.id),
        "avatar_url": f"{urls.web}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": own,
        "html_url": f"{urls.web}/{account.login}",
        "followers_url": f"{own}/followers",
        "following_url": f"{own}/following{{/other_user}}",
        "gists_url": f"{own}/gists{{/gist_id}}",
        "starred_url": f"{own}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{own}/subscriptions",
        "organizations_url": f"{own}/orgs",
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events{{/privacy}}",
        "received_events_url": f"{own}/received_events",
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def profile(urls: Urls, account: Account, repositories: int) -> dict[str, Any]:
    """`public-user`, for a single account."""
    nothing = dict.fromkeys(("company", "location", "email", "hireable", "bio", "twitter_username"))
    return {
        **user(urls, account),
        **nothing,
        "name": account.name,
        "blog": "",
        "public_repos": repositories,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": _BEGAN,
        "updated_at": _BEGAN,
    }


def organization(urls: Urls, account: Account) -> dict[str, Any]:
    """`organization-simple`."""
    own = f"{urls.api}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("Organization", account.id),
        "url": own,
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events",
        "hooks_url": f"{own}/hooks",
        "issues_url": f"{own}/issues",
        "members_url": f"{own}/members{{/member}}",
        "public_members_url": f"{own}/public_members{{/member}}",
        "avatar_url": f"{urls.web}/avatars/u/{account.id}?v=4",
        "description": account.name or "",
    }


def team_object(urls: Urls, organization: Account, team: Team) -> dict[str, Any]:
    """`team`."""
    own = f"{urls.api}/organizations/{organization.id}/team/{team.id}"
    return {
        "id": team.id,
        "node_id": node_id("Team", team.id),
        "url": own,
        "html_url": f"{urls.web}/orgs/{organization.login}/teams/{team.slug}",
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": f"{own}/members{{/member}}",
        "repositories_url": f"{own}/repos",
        "type": "organization",
        "organization_id": organization.id,
        "parent": None,
    }

"""Requests about accounts, people, searches and limits."""

from devkit.simulators.github.world import World

from .request import Asked, Names

ASKED: list[Asked] = [
    ("GET", "/user", None, 200),
    ("GET", "/user/orgs", None, 200),
    ("GET", "/user/repos?per_page=1", None, 200),
    ("GET", "/users/acme", None, 200),
    ("GET", "/users/unknown", None, 404),
    ("GET", "/users/acme/repos", None, 200),
    ("GET", "/orgs/acme/repos?type=private", None, 200),
    ("GET", "/installation/repositories", None, 200),
    ("GET", "/search/users?q=lisa", None, 200),
    ("GET", "/repos/acme/website/teams", None, 200),
    ("GET", "/orgs/acme/teams", None, 200),
    ("GET", "/orgs/acme/teams/platform/members", None, 200),
    ("GET", "/orgs/globex/teams", None, 403),
    ("POST", "/user/repos", {"name": "fresh", "description": "New", "private": True, "auto_init": True}, 201),
    ("POST", "/user/repos", {"name": "fresh"}, 422),
    ("POST", "/orgs/acme/repos", {"name": "empty"}, 201),
    ("POST", "/orgs/globex/repos", {"name": "empty"}, 403),
    ("GET", "/search/repositories?q=acme", None, 200),
    ("GET", "/search/repositories?q=", None, 422),
    ("GET", "/search/issues?q=umlauts", None, 200),
    ("GET", "/search/issues?q=repo:globex/vault", None, 422),
    ("GET", "/search/code?q=tokens", None, 200),
    ("GET", "/search/commits?q=search", None, 200),
    ("GET", "/rate_limit", None, 200),
    ("POST", "/app/installations/7/access_tokens", None, 401),
]


def prepare(_: World) -> Names:
    """Nothing is prepared."""
    return {}

"""Scopes under other names at the issuer: in tokens, and in what clients request."""

from typing import Any

from servicekit.auth.scopes import IssuerScopes
from servicekit.settings.service import ServiceSettings

ISSUED: dict[str, Any] = {"public_url": "http://127.0.0.1:8000/mcp", "issuer": "https://issuer.example"}


def scopes(**settings: Any) -> IssuerScopes:
    return IssuerScopes(ServiceSettings(**ISSUED, **settings))


def test_a_renamed_scope_is_granted_by_its_names_only() -> None:
    issuer = scopes(scope_names="orders:read=agent orders:read=viewer orders:write=agent")
    assert issuer.granted(["agent", "openid"]) == {"orders:read", "orders:write", "openid"}
    assert issuer.granted(["viewer"]) == {"orders:read"}
    assert issuer.granted(["orders:read", "orders:write"]) == frozenset()


def test_requests_name_scopes_as_the_issuer_does() -> None:
    assert scopes().request(["b", "a"]) == ["a", "b"]
    assert scopes(scope_request="api://x/{scope} offline_access").request(["a"]) == ["api://x/a", "offline_access"]
    assert scopes(scope_request="api://x/.default").request(["a", "b"]) == ["api://x/.default"]
    assert scopes(scope_request="").request(["a"]) == []
    assert scopes(scope_names="a=A.Read", scope_request="api://x/{scope}").request(["a"]) == ["api://x/A.Read"]


def test_kept_scopes_are_requested_by_their_names() -> None:
    own = ["a", "b"]
    assert scopes().repeat(["a", "openid"], own) == ["a", "openid"]
    assert scopes(scope_request="api://x/{scope}").repeat(["a", "openid"], own) == ["api://x/a"]
    assert scopes(scope_request="").repeat(["a", "openid"], own) == []

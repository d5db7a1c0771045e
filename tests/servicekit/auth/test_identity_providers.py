"""Each recipe of docs/identity-providers.md admits a token of its provider, and nothing that resembles one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devkit.issuer.keys import KeyPair, mint_unsigned, mint_with_public_key_as_secret
from tests.servicekit.apps.general_app import READ, WRITE
from tests.servicekit.conftest import get

from .recipes import KEY, RECIPES, RecipeSite, recipe_site

EXPECTED = {
    "keycloak": ("5f7a1c7e-8a52-4b9e-9d9c-1f3b6f0f2b11", "claude-code"),
    "keycloak roles": ("5f7a1c7e-8a52-4b9e-9d9c-1f3b6f0f2b11", "claude-code"),
    "entra": ("9a8b7c6d-3333-4e5f-8a9b-0c1d2e3f4a5b", "7d6c5b4a-4444-4f3e-9d8c-7b6a5f4e3d2c"),
    "entra application": ("1b2c3d4e-5555-4a6b-8c7d-9e0f1a2b3c4d", "6c5b4a39-6666-4e2d-8c7b-6a5f4e3d2c1b"),
    "okta": ("00u1ann", "0oa9client"),
    "auth0": ("auth0|6541f2c1a9", "kX9aClient"),
    "auth0 permissions": ("auth0|6541f2c1a9", "kX9aClient"),
}
Make = Callable[[RecipeSite], str]


@pytest.fixture(scope="module", params=EXPECTED)
def site(request: pytest.FixtureRequest) -> Iterator[RecipeSite]:
    with recipe_site(RECIPES[request.param]) as running:
        yield running


def test_every_recipe_of_the_page_is_tried() -> None:
    assert set(RECIPES) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_token_of_the_provider_gets_in(name: str) -> None:
    with recipe_site(RECIPES[name]) as site:
        token = site.token()
        book = site.call(token).json()["result"]
        assert book["structuredContent"]["title"] == "acme volume 1"
        who = site.call(token, "books_whoami", {}).json()["result"]["structuredContent"]
        assert (who["subject"], who["client_id"], who["tenant"]) == (*EXPECTED[name], "acme")
        assert READ in who["scopes"]
        assert WRITE not in who["scopes"]
        assert site.call(token, "add_book", {"title": "Emma"}).status_code == 403


def changed(**changes: Any) -> Make:
    return lambda site: site.token(**changes)


def as_id_token(site: RecipeSite) -> str:
    """For the client, as OpenID Connect Core §2 describes it."""
    client = site.claims.get("azp") or site.claims.get("client_id") or site.claims["cid"]
    return site.token(header={"typ": "JWT"}, aud=client, scope=None, scp=None, typ=None)


def as_id_token_of_one_registration(site: RecipeSite) -> str:
    """Where client and server share a registration: the audience is right, and roles are in ID tokens too."""
    audience = site.claims["aud"]
    one = audience[0] if isinstance(audience, list) else audience
    return site.token(header={"typ": "JWT"}, azp=one, cid=None, client_id=None)


def of_another_tenant(site: RecipeSite) -> str:
    """From the same provider, with the same keys: only the path of the issuer differs."""
    issuer = site.claims["iss"]
    return site.token(iss=issuer[:-2] + "x" + issuer[-1] if issuer.endswith("/") else issuer + "x")


REFUSED: dict[str, Make] = {
    "ID token of a client": as_id_token,
    "ID token of one registration for client and server": as_id_token_of_one_registration,
    "ID token by nonce": changed(nonce="n"),
    "other audience": changed(aud="https://other.example.com/mcp"),
    "several audiences without ours": changed(aud=["https://other.example.com/mcp", "account"]),
    "audience of the provider itself": lambda site: site.token(aud=site.claims["iss"]),
    "audience that is no text": changed(aud=[{"x": 1}]),
    "issuer of another tenant": of_another_tenant,
    "scopes as a number": changed(scope=7, scp=7, permissions=7, resource_access={"books": {"roles": 7}}),
    "scopes as an object": changed(scope={}, scp={}, permissions={}, resource_access={"books": {"roles": {}}}),
    "scopes that are no texts": changed(
        scope=[1], scp=[1], permissions=[READ, 1], resource_access={"books": {"roles": ["agent", 1]}}
    ),
    "no subject": changed(sub=None, oid=None, uid=None),
    "subject that is no text": changed(sub=1, oid=["a"], uid={}),
    "client that is no text": changed(azp=["a"], cid=7, client_id={}),
    "expired": changed(exp=1),
    "valid for a year": changed(exp=1_900_000_000),
    "alg none": lambda site: mint_unsigned(site.claims),
    "HS256 with the public key as secret": lambda site: mint_with_public_key_as_secret(KEY, site.claims),
    "an algorithm that is not listed": changed(header={"alg": "RS384"}),
    "key of a stranger": lambda site: site.token(key=KeyPair.generate()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_resembles_a_token_is_refused(site: RecipeSite, name: str) -> None:
    response = site.call(REFUSED[name](site))
    assert response.status_code == 401, response.text
    assert response.json()["error"] == "invalid_token"


@pytest.mark.parametrize("claim", [{"typ": "ID"}, {"typ": "Refresh"}, {"token_use": "id"}, {"azp": None, "cid": None}])
def test_an_untyped_token_must_not_be_another_kind(site: RecipeSite, claim: dict[str, Any]) -> None:
    status = 200 if site.recipe.has_typed_tokens and "token_use" not in claim else 401
    assert site.call(site.token(**claim)).status_code == status


@pytest.mark.parametrize("value", [["acme"], {"id": "acme"}, 7, "", "ac\u200bme"])
def test_a_tenant_of_another_type_is_refused(site: RecipeSite, value: Any) -> None:
    if "token_tenant" in site.recipe.settings:
        assert site.call(site.token(tenant=value)).status_code == 200
    else:
        claim = site.recipe.settings.get("tenant_claim", "tenant")
        assert site.call(site.token(**{claim: value})).status_code == 401


def test_a_token_without_a_tenant_reads_nothing(site: RecipeSite) -> None:
    claim = site.recipe.settings.get("tenant_claim", "tenant")
    result = site.call(site.token(**{claim: None})).json()["result"]
    if "token_tenant" in site.recipe.settings:
        assert "acme" in result["structuredContent"]["title"]
    else:
        assert result["isError"]
        assert "Your credential names no tenant" in result["content"][0]["text"]


@pytest.mark.parametrize("name", ["entra", "keycloak roles", "auth0 permissions"])
def test_scopes_in_another_claim_grant_nothing(name: str) -> None:
    with recipe_site(RECIPES[name]) as site:
        extra = {"roles": [WRITE]} if name == "entra" else {"scope": WRITE}
        assert site.call(site.token(**extra), "add_book", {"title": "Emma"}).status_code == 403


def test_metadata_names_scopes_as_clients_request_them() -> None:
    named = {}
    for name in ("auth0", "entra", "keycloak roles"):
        with recipe_site(RECIPES[name]) as site:
            document = get(f"{site.base_url}/.well-known/oauth-protected-resource/mcp").json()
            assert document["authorization_servers"] == [site.claims["iss"]]
            named[name] = document["scopes_supported"]
            challenge = site.call("x").headers["WWW-Authenticate"]
            assert f'scope="{" ".join(named[name])}"' in challenge
            named[name] = [scope.replace(site.base_url, "https://books.example.com") for scope in named[name]]
    assert named == {
        "auth0": [READ, WRITE],
        "entra": [f"https://books.example.com/mcp/{scope}" for scope in (READ, WRITE)] + ["offline_access"],
        "keycloak roles": ["openid"],
    }

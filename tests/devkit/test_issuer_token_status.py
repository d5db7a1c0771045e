"""Revocation and introspection over HTTP, and a server that asks the issuer about tokens."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from devkit.issuer.client import Client
from devkit.issuer.grants import Grants
from devkit.issuer.keys import LIFETIME, KeyPair, mint_unsigned
from devkit.issuer.store import Store
from devkit.issuer.testing import RunningIssuer
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.conftest import Site, at, request

from .conftest import REDIRECT, RESOURCE, Verifier
from .consent_form import Browser, code_form

Url = Callable[..., str]
LIST = request("tools/list")


@pytest.fixture
def sign_in(http: httpx2.AsyncClient, authorize_url: Url, client_id: str, pkce: Verifier) -> Any:
    """Signs a user in and returns the answer of the token endpoint."""

    async def run(resource: str = RESOURCE, scope: str = "orders:read") -> dict[str, str]:
        back = await Browser(http).sign_in(authorize_url(resource=resource, scope=scope))
        form = code_form(back["code"], client_id, pkce)
        answer: dict[str, str] = (await http.post("/token", data=form)).json()
        return answer

    return run


@pytest.fixture
def introspect(http: httpx2.AsyncClient, issuer: RunningIssuer) -> Any:
    async def ask(token: str) -> dict[str, Any]:
        answer = await http.post("/introspect", data={"token": token}, auth=("dev-m2m", issuer.machine_secret))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        document: dict[str, Any] = answer.json()
        return document

    return ask


async def revoke(http: httpx2.AsyncClient, client_id: str, token: str) -> None:
    assert (await http.post("/revoke", data={"token": token, "client_id": client_id})).status_code == 200


async def test_introspection_shows_an_active_token(sign_in: Any, introspect: Any, client_id: str) -> None:
    shown = await introspect((await sign_in())["access_token"])
    assert {name: shown[name] for name in ("active", "client_id", "sub", "scope", "aud", "token_type")} == {
        "active": True,
        "client_id": client_id,
        "sub": "dev",
        "scope": "orders:read",
        "aud": RESOURCE,
        "token_type": "Bearer",
    }


async def test_revoking_an_access_token_leaves_the_session(
    http: httpx2.AsyncClient, sign_in: Any, introspect: Any, client_id: str
) -> None:
    tokens = await sign_in()
    await revoke(http, client_id, tokens["access_token"])
    assert await introspect(tokens["access_token"]) == {"active": False}
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client_id}
    renewed = (await http.post("/token", data=form)).json()
    assert (await introspect(renewed["access_token"]))["active"]


async def test_revoking_a_refresh_token_ends_its_access_tokens(
    http: httpx2.AsyncClient, sign_in: Any, introspect: Any, client_id: str
) -> None:
    tokens, others = await sign_in(), await sign_in()
    await revoke(http, client_id, tokens["refresh_token"])
    assert await introspect(tokens["access_token"]) == {"active": False}
    assert (await introspect(others["access_token"]))["active"]


async def test_a_reused_refresh_token_ends_access_tokens(
    http: httpx2.AsyncClient, sign_in: Any, introspect: Any, client_id: str
) -> None:
    tokens = await sign_in()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client_id}
    renewed = (await http.post("/token", data=form)).json()
    assert (await introspect(renewed["access_token"]))["active"]
    assert (await http.post("/token", data=form)).json()["error"] == "invalid_grant"
    for token in (tokens["access_token"], renewed["access_token"]):
        assert await introspect(token) == {"active": False}


async def test_another_client_cannot_revoke(http: httpx2.AsyncClient, sign_in: Any, introspect: Any) -> None:
    registered = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
    other = (await http.post("/register", json=registered)).json()["client_id"]
    tokens = await sign_in()
    await revoke(http, other, tokens["access_token"])
    await revoke(http, other, tokens["refresh_token"])
    assert (await introspect(tokens["access_token"]))["active"]


async def test_introspection_needs_a_client_with_a_secret(
    http: httpx2.AsyncClient, sign_in: Any, client_id: str
) -> None:
    token = (await sign_in())["access_token"]
    asks: list[dict[str, Any]] = [
        {"data": {"token": token}},
        {"data": {"token": token, "client_id": client_id}},
        {"data": {"token": token}, "auth": ("dev-m2m", "wrong")},
    ]
    answers = [await http.post("/introspect", **ask) for ask in asks]
    assert [answer.status_code for answer in answers] == [400, 401, 401]
    assert all("active" not in answer.text for answer in answers)


async def test_what_is_no_access_token_is_inactive(sign_in: Any, introspect: Any, issuer: RunningIssuer) -> None:
    tokens = await sign_in(scope="openid orders:read")
    minted = issuer.mint(RESOURCE)
    forged = KeyPair.generate(key_id=issuer.key.key_id)
    others = [
        "x",
        tokens["id_token"],
        issuer.mint(RESOURCE, lifetime=-60),
        issuer.mint(RESOURCE, claims={"iss": "https://other.example"}),
        issuer.mint(RESOURCE, claims={"jti": None}),
        mint_unsigned({"iss": issuer.url, "jti": "a", "exp": int(time.time()) + 60}),
        RunningIssuer(issuer.url, forged, "").mint(RESOURCE),
    ]
    assert (await introspect(minted))["active"]
    for token in others:
        assert await introspect(token) == {"active": False}


def test_revocations_survive_a_restart_until_tokens_expire(tmp_path: Any) -> None:
    now = [1_000_000.0]
    store = Store(tmp_path / "issuer.json")
    store.memory.clients["c"] = Client(client_id="c")
    Grants(store, lambda: now[0]).revoke_access_token("first")
    grants = Grants(Store(tmp_path / "issuer.json"), lambda: now[0])
    assert grants.is_revoked("first", None)
    assert not grants.is_revoked("second", None)
    now[0] += LIFETIME + 1
    grants.revoke_access_token("second")
    assert not grants.is_revoked("first")
    assert grants.is_revoked("second")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_server_refuses_a_revoked_token_within_the_bound(
    http: httpx2.AsyncClient, issuer: RunningIssuer, sign_in: Any, client_id: str, kind: str
) -> None:
    def build(port: int) -> Any:
        return general_app(
            **at(port, issuer.url),
            introspection_url=f"{issuer.url}/introspect",
            introspection_client_id="dev-m2m",
            introspection_client_secret=SecretStr(issuer.machine_secret),
            introspection_cache_seconds=1.0,
            scope_names=f"{READ}=orders:read",
        )

    with serving(build) as base_url:
        site = Site(base_url, issuer)
        tokens = await sign_in(resource=site.endpoint)
        assert site.post(LIST, tokens["access_token"]).status_code == 200
        await revoke(http, client_id, tokens[kind])
        revoked_at = time.monotonic()
        while (status := site.post(LIST, tokens["access_token"]).status_code) == 200:
            assert time.monotonic() - revoked_at < 1.0 + 0.5  # a call may take half a second on a busy machine
        assert status == 401

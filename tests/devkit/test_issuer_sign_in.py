"""The authorization code flow over HTTP: registration, consent, code, tokens, refresh."""

from collections.abc import Awaitable, Callable

import httpx2
import jwt
import pytest

from devkit.issuer.testing import RunningIssuer

from .conftest import REDIRECT, RESOURCE, Verifier
from .consent_form import Browser, code_form, read_consent_page, redirect_query

Url = Callable[..., str]
Exchange = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def exchange(http: httpx2.AsyncClient, client_id: str, pkce: Verifier) -> Exchange:
    async def post(code: str, **changes: str | None) -> httpx2.Response:
        form = {**code_form(code, client_id, pkce), "resource": RESOURCE, **changes}
        return await http.post("/token", data={name: value for name, value in form.items() if value is not None})

    return post


def claims_of(token: str, issuer: RunningIssuer, audience: str = RESOURCE) -> dict[str, object]:
    return jwt.decode(token, issuer.key.private_key.public_key(), ["RS256"], audience=audience, issuer=issuer.url)


async def test_sign_in_gives_a_token(
    http: httpx2.AsyncClient, issuer: RunningIssuer, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url(), subject="ann", tenant="globex")
    assert (back["state"], back["iss"]) == ("xyz", issuer.url)

    answer = await exchange(back["code"])
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("Bearer", "orders:read", 3600)
    assert "id_token" not in body
    header = jwt.get_unverified_header(body["access_token"])
    assert (header["typ"], header["kid"]) == ("at+jwt", issuer.key.key_id)
    claims = claims_of(body["access_token"], issuer)
    assert {name: claims[name] for name in ("sub", "tenant", "client_id", "scope")} == {
        "sub": "ann",
        "tenant": "globex",
        "client_id": client_id,
        "scope": "orders:read",
    }
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"]


async def test_openid_scope_adds_an_id_token(
    http: httpx2.AsyncClient, issuer: RunningIssuer, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url(scope="openid orders:read", nonce="n-1"))
    body = (await exchange(back["code"])).json()
    assert jwt.get_unverified_header(body["id_token"])["typ"] == "JWT"
    claims = claims_of(body["id_token"], issuer, audience=client_id)
    assert (claims["sub"], claims["nonce"]) == ("dev", "n-1")


async def test_consent_page_shows_and_escapes_the_request(http: httpx2.AsyncClient, authorize_url: Url) -> None:
    registered = await http.post(
        "/register",
        json={"client_name": "<b>Evil</b>", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"},
    )
    page = await Browser(http).open(
        authorize_url(client_id=registered.json()["client_id"], scope="orders:read orders:write")
    )
    assert page.status_code == 200
    assert "&lt;b&gt;Evil&lt;/b&gt;" in page.text
    assert "<b>Evil" not in page.text
    assert "Read orders" in page.text
    assert "Create and change orders" in page.text
    assert "<option>acme</option><option>globex</option>" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_user_may_grant_fewer_scopes(
    http: httpx2.AsyncClient, issuer: RunningIssuer, authorize_url: Url, exchange: Exchange
) -> None:
    browser = Browser(http)
    page = await browser.open(authorize_url(scope="orders:read orders:write"))
    back = redirect_query(await browser.answer(page, scopes=["orders:read"]))
    body = (await exchange(back["code"])).json()
    assert body["scope"] == "orders:read"
    assert claims_of(body["access_token"], issuer)["scope"] == "orders:read"


@pytest.mark.parametrize(("decision", "scopes"), [("deny", ["orders:read"]), ("allow", [])])
async def test_denied_consent_redirects_with_access_denied(
    http: httpx2.AsyncClient, authorize_url: Url, decision: str, scopes: list[str]
) -> None:
    browser = Browser(http)
    page = await browser.open(authorize_url())
    back = redirect_query(await browser.answer(page, decision=decision, scopes=scopes))
    assert (back["error"], back["state"]) == ("access_denied", "xyz")
    assert "code" not in back
    assert "iss" in back


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"resource": None}, "invalid_target"),
        ({"resource": "not a url"}, "invalid_target"),
        ({"resource": f"{RESOURCE}#part"}, "invalid_target"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "orders:read orders:everything"}, "invalid_scope"),
    ],
)
async def test_invalid_authorization_request_redirects_with_error(
    http: httpx2.AsyncClient, issuer: RunningIssuer, authorize_url: Url, changes: dict[str, str | None], error: str
) -> None:
    response = await Browser(http).open(authorize_url(**changes))
    assert response.headers["location"].startswith(REDIRECT)
    back = redirect_query(response)
    assert (back["error"], back["state"], back["iss"]) == (error, "xyz", issuer.url)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1:5555/other"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1@evil.example/callback"},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
async def test_unregistered_redirect_uri_gets_no_redirect(
    http: httpx2.AsyncClient, authorize_url: Url, changes: dict[str, str | None]
) -> None:
    response = await Browser(http).open(authorize_url(**changes))
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "refused" in response.text


async def test_native_client_may_use_any_loopback_port(http: httpx2.AsyncClient, authorize_url: Url) -> None:
    moved = "http://127.0.0.1:49152/callback"
    page = await Browser(http).open(authorize_url(redirect_uri=moved))
    assert page.status_code == 200


async def test_consent_form_of_another_page_is_refused(http: httpx2.AsyncClient, authorize_url: Url) -> None:
    page = await Browser(http).open(authorize_url())
    form = {**read_consent_page(page.text).hidden, "decision": "allow", "subject": "dev", "tenant": "acme"}
    async with httpx2.AsyncClient(base_url=str(http.base_url), trust_env=False) as stranger:
        without_cookie = await stranger.post("/consent", data=form)
        await stranger.get(authorize_url())
        other_cookie = await stranger.post("/consent", data=form)
    forged = await http.post("/consent", data={**form, "request": form["request"][:-4] + "AAAA"})
    origins = ("https://evil.example", "null", "http://localhost:6274")
    others = [await http.post("/consent", data=form, headers={"Origin": origin}) for origin in origins]
    assert {answer.status_code for answer in (without_cookie, other_cookie, forged, *others)} == {403}
    own = await http.post("/consent", data=form, headers={"Origin": str(http.base_url).rstrip("/")})
    assert own.status_code == 303


async def test_consent_form_works_once(http: httpx2.AsyncClient, authorize_url: Url) -> None:
    browser = Browser(http)
    page = await browser.open(authorize_url())
    assert "code" in redirect_query(await browser.answer(page))
    assert (await browser.answer(page)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:5555/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"resource": "http://127.0.0.1:8102/mcp"}, "invalid_target"),
        ({"client_id": "dev-m2m"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
async def test_invalid_token_request_is_refused(
    http: httpx2.AsyncClient,
    authorize_url: Url,
    exchange: Exchange,
    changes: dict[str, str | None],
    error: str,
) -> None:
    back = await Browser(http).sign_in(authorize_url())
    answer = await exchange(back["code"], **changes)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


async def test_reused_code_revokes_its_tokens(
    http: httpx2.AsyncClient, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url())
    first = (await exchange(back["code"])).json()
    again = await exchange(back["code"])
    assert again.json()["error"] == "invalid_grant"
    assert "used before" in again.json()["error_description"]
    refreshed = await refresh(http, client_id, first["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def refresh(http: httpx2.AsyncClient, client_id: str, token: str, **more: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id, **more}
    return await http.post("/token", data=form)


async def test_reused_refresh_token_revokes_its_family(
    http: httpx2.AsyncClient, issuer: RunningIssuer, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url(scope="orders:read orders:write"))
    first = (await exchange(back["code"])).json()["refresh_token"]

    reduced = (await refresh(http, client_id, first, scope="orders:read")).json()
    assert claims_of(reduced["access_token"], issuer)["scope"] == "orders:read"
    second = reduced["refresh_token"]
    assert second != first
    # Fewer scopes in one access token leave the grant unchanged.
    third = (await refresh(http, client_id, second)).json()
    assert third["scope"] == "orders:read orders:write"

    copied = await refresh(http, client_id, first)
    assert copied.json()["error"] == "invalid_grant"
    assert (await refresh(http, client_id, third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_refused_refresh_keeps_the_token_valid(
    http: httpx2.AsyncClient, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url())
    token = (await exchange(back["code"])).json()["refresh_token"]
    wider = await refresh(http, client_id, token, scope="orders:write")
    elsewhere = await refresh(http, client_id, token, resource="http://127.0.0.1:8102/mcp")
    assert (wider.json()["error"], elsewhere.json()["error"]) == ("invalid_scope", "invalid_target")
    assert (await refresh(http, client_id, token)).status_code == 200


async def test_revocation_ends_the_family(
    http: httpx2.AsyncClient, authorize_url: Url, exchange: Exchange, client_id: str
) -> None:
    back = await Browser(http).sign_in(authorize_url())
    token = (await exchange(back["code"])).json()["refresh_token"]
    assert (await http.post("/revoke", data={"token": token, "client_id": client_id})).status_code == 200
    assert (await http.post("/revoke", data={"token": "unknown", "client_id": client_id})).status_code == 200
    assert (await refresh(http, client_id, token)).json()["error"] == "invalid_grant"

"""Registration, client metadata documents, machine clients, server metadata, and access to the issuer."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devkit.errors import DevkitError
from devkit.issuer.app import create_issuer
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.keys import KeyPair
from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.loopback.serving import require_loopback, serving_in_thread

from .conftest import REDIRECT, RESOURCE, Verifier
from .consent_form import Browser, code_form, redirect_query


@pytest.mark.parametrize(
    ("registration", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://example.org/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://example.org/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [REDIRECT], "scope": "orders:everything"}, "invalid_client_metadata"),
        ({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"redirect_uris": [REDIRECT], "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        (["not", "an", "object"], "invalid_client_metadata"),
    ],
)
async def test_invalid_registration_is_refused(http: httpx2.AsyncClient, registration: Any, error: str) -> None:
    answer = await http.post("/register", json=registration)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_large_registration_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/register", content=b" " * 70_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_client_metadata")


async def test_deeply_nested_registration_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/register", content=b"[" * 60_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "uri", ["https://app.example/cb", "cursor://anysphere.cursor-mcp/oauth/cb", "http://[::1]:9/cb"]
)
async def test_usual_redirect_uris_are_accepted(http: httpx2.AsyncClient, uri: str) -> None:
    answer = await http.post("/register", json={"redirect_uris": [uri]})
    assert answer.status_code == 201
    assert answer.json()["client_secret"]
    assert answer.json()["client_secret_expires_at"] == 0


async def test_metadata_is_complete_under_both_paths(http: httpx2.AsyncClient, issuer: RunningIssuer) -> None:
    oauth = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert oauth == (await http.get("/.well-known/openid-configuration")).json()
    assert oauth["issuer"] == issuer.url
    assert oauth["code_challenge_methods_supported"] == ["S256"]
    assert oauth["client_id_metadata_document_supported"] is True
    assert oauth["authorization_response_iss_parameter_supported"] is True
    for name in ("authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri"):
        assert oauth[name].startswith(f"{issuer.url}/")
    keys = (await http.get("/jwks", headers={"Origin": "http://localhost:6274"})).json()["keys"]
    assert [(key["kid"], key["alg"]) for key in keys] == [(issuer.key.key_id, "RS256")]
    assert "d" not in keys[0]


async def test_cors_is_for_client_endpoints_only(
    http: httpx2.AsyncClient,
) -> None:
    origin = {"Origin": "http://localhost:6274"}
    assert (await http.get("/jwks", headers=origin)).headers["access-control-allow-origin"] == origin["Origin"]
    preflight = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert (await http.options("/register", headers=preflight)).status_code == 200
    registered = await http.post("/register", json={"redirect_uris": [REDIRECT]}, headers=origin)
    assert (registered.status_code, registered.headers["access-control-allow-origin"]) == (201, origin["Origin"])
    assert (await http.get("/authorize", headers=origin)).status_code == 403


async def test_issuer_refuses_foreign_host_name(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/", headers={"Host": "evil.example"})).status_code == 421


async def test_home_page_shows_how_to_get_a_token(http: httpx2.AsyncClient, issuer: RunningIssuer) -> None:
    page = await http.get("/")
    assert "make token" in page.text
    assert issuer.machine_secret in page.text


async def machine(http: httpx2.AsyncClient, secret: str, **changes: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "scope": "orders:read", "resource": RESOURCE, **changes}
    return await http.post("/token", data=form, auth=("dev-m2m", secret))


async def test_machine_client_gets_a_token(http: httpx2.AsyncClient, issuer: RunningIssuer) -> None:
    answer = (await machine(http, issuer.machine_secret, tenant="globex")).json()
    claims = jwt.decode(answer["access_token"], issuer.key.private_key.public_key(), ["RS256"], audience=RESOURCE)
    assert (claims["sub"], claims["client_id"], claims["tenant"]) == ("dev-m2m", "dev-m2m", "globex")
    assert "refresh_token" not in answer


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"resource": ""}, "invalid_target"),
        ({"scope": "nothing:here"}, "invalid_scope"),
        ({"tenant": "nobody"}, "invalid_request"),
        ({"client_id": "another"}, "invalid_request"),
    ],
)
async def test_invalid_machine_request_is_refused(
    http: httpx2.AsyncClient, issuer: RunningIssuer, changes: dict[str, str], error: str
) -> None:
    assert (await machine(http, issuer.machine_secret, **changes)).json()["error"] == error


async def test_wrong_secret_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await machine(http, "guess")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    broken = await http.post("/token", headers={"Authorization": "Basic ???"}, data={"grant_type": "x"})
    assert (broken.status_code, broken.json()["error"]) == (401, "invalid_client")


async def test_confidential_client_needs_its_secret(http: httpx2.AsyncClient) -> None:
    client = (await http.post("/register", json={"redirect_uris": [REDIRECT]})).json()
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": client["client_id"]}
    assert (await http.post("/token", data=form)).json()["error"] == "invalid_client"
    with_secret = await http.post("/token", data={**form, "client_secret": client["client_secret"]})
    assert with_secret.json()["error"] == "invalid_grant"


async def test_repeated_parameter_is_refused(http: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await http.post("/token", content=b"grant_type=x&scope=a&scope=b&client_id=c", headers=headers)
    assert answer.json() == {"error": "invalid_request", "error_description": "A parameter is given twice."}


@contextmanager
def document_server(answer: Callable[[str], Response]) -> Iterator[str]:
    """Serves one client document; `answer` returns it for its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/client.json"

        async def show(_request: Request) -> Response:
            return answer(url)

        with serving_in_thread(Starlette(routes=[Route("/client.json", show)]), listener):
            yield url


def document(url: str, **changes: Any) -> dict[str, Any]:
    return {"client_id": url, "client_name": "By URL", "redirect_uris": [REDIRECT], **changes}


async def test_client_with_metadata_document_signs_in(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], pkce: Verifier
) -> None:
    with document_server(lambda url: JSONResponse(document(url))) as url:
        back = await Browser(http).sign_in(authorize_url(client_id=url))
        form = {**code_form(back["code"], url, pkce), "resource": RESOURCE}
        answer = await http.post("/token", data=form)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda url: JSONResponse(document(f"{url}?other")), "same client_id"),
        (lambda url: JSONResponse(document(url, redirect_uris=[])), "at least one URI"),
        (lambda url: JSONResponse(document(url, token_endpoint_auth_method="client_secret_basic")), "public"),
        (lambda url: JSONResponse(document(url, redirect_uris="no list")), "invalid fields (redirect_uris)"),
        (lambda url: JSONResponse(document(url, logo="x" * 20_000)), "larger than"),
        (lambda url: RedirectResponse(f"{url}/elsewhere"), "redirects are not followed"),
        (lambda _url: Response("{", media_type="application/json"), "not JSON"),
        (lambda _url: Response("[" * 16_000, media_type="application/json"), "not JSON"),
        (lambda _url: Response(json.dumps("text")), "same client_id"),
    ],
)
async def test_invalid_client_document_is_refused(
    http: httpx2.AsyncClient,
    authorize_url: Callable[..., str],
    answer: Callable[[str], Response],
    reason: str,
) -> None:
    with document_server(answer) as url:
        page = await Browser(http).open(authorize_url(client_id=url))
    assert page.status_code == 400
    assert reason in page.text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/client.json", "it must be https"),
        ("https://example.org/", "it must have a path"),
        ("https://example.org/a/../client.json", "dot segments"),
        ("https://user@example.org/client.json", "without user"),
        ("http://127.0.0.1:1/client.json", "DEVKIT_CLIENT_DOCUMENTS=false"),
        ("https://example.org:port/client.json", "as browsers write it"),
        ("https://evil.example\\@127.0.0.1/client.json", "as browsers write it"),
        ("http://127.1:1/client.json", "as browsers write it"),
        ("http://127.0.0.1:1/%2e%2e/client.json", "as browsers write it"),
    ],
)
async def test_invalid_client_url_is_refused(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], url: str, reason: str
) -> None:
    page = await Browser(http).open(authorize_url(client_id=url))
    assert page.status_code == 400
    assert reason in page.text


async def test_without_internet_clients_are_let_register() -> None:
    configuration = IssuerConfiguration("http://127.0.0.1:1", ["orders:read"], "secret", reads_documents=False)
    app = create_issuer(configuration, KeyPair.generate())
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
        metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
        assert metadata["client_id_metadata_document_supported"] is False
        page = await client.get("/authorize", params={"client_id": "https://example.org/client.json"})
        assert (page.status_code, "is not registered" in page.text) == (400, True)


async def test_step_up_may_exceed_the_registered_scope(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str]
) -> None:
    registered = await http.post("/register", json={"redirect_uris": [REDIRECT], "scope": "orders:read"})
    page = await Browser(http).open(authorize_url(client_id=registered.json()["client_id"], scope="orders:write"))
    assert "code" in redirect_query(await Browser(http).answer(page))


def test_only_loopback_is_served() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        require_loopback(host)
    for host in ("192.168.1.5", "::", "example.org"):
        with pytest.raises(DevkitError, match="loopback only"):
            require_loopback(host)


def test_two_issuers_do_not_share_keys() -> None:
    with issuer_in_thread(["orders:read"]) as one, issuer_in_thread(["orders:read"]) as other:
        assert one.url != other.url
        assert one.key.key_id != other.key.key_id

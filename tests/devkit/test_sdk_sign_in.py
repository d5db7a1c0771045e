"""The SDK's client signs in at the issuer, starting with a 401 response."""

import socket
from collections.abc import Iterator

import httpx2
import jwt
import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devkit.issuer.testing import RunningIssuer
from devkit.loopback.serving import serving_in_thread

from .conftest import REDIRECT
from .consent_form import Browser


@pytest.fixture
def resource(issuer: RunningIssuer) -> Iterator[str]:
    """A protected resource that trusts the issuer and answers with the token's claims."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        url = f"{origin}/mcp"
        metadata = f"{origin}/.well-known/oauth-protected-resource/mcp"

        async def show_metadata(_request: Request) -> Response:
            return JSONResponse({"resource": url, "authorization_servers": [issuer.url]})

        async def guarded(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            try:
                return JSONResponse(
                    jwt.decode(token, issuer.key.private_key.public_key(), ["RS256"], audience=url, issuer=issuer.url)
                )
            except jwt.InvalidTokenError:
                challenge = f'Bearer resource_metadata="{metadata}", scope="orders:read"'
                return Response(status_code=401, headers={"WWW-Authenticate": challenge})

        routes = [Route("/.well-known/oauth-protected-resource/mcp", show_metadata), Route("/mcp", guarded)]
        with serving_in_thread(Starlette(routes=routes), listener):
            yield url


class Storage:
    """The client's storage, in memory."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Person:
    """A user who opens the consent page and allows."""

    def __init__(self) -> None:
        self.visits = 0
        self._back: dict[str, str] = {}

    async def visit(self, url: str) -> None:
        self.visits += 1
        async with httpx2.AsyncClient(trust_env=False) as http:
            self._back = await Browser(http).sign_in(url, subject="ann", tenant="globex")

    async def come_back(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=self._back["code"], state=self._back["state"], iss=self._back["iss"])


async def test_sdk_client_signs_in_and_refreshes(resource: str) -> None:
    storage, person = Storage(), Person()
    provider = OAuthClientProvider(
        resource,
        OAuthClientMetadata(client_name="SDK", redirect_uris=[REDIRECT]),
        storage,
        person.visit,
        person.come_back,
    )
    async with httpx2.AsyncClient(auth=provider, trust_env=False) as http:
        claims = (await http.get(resource)).json()
        assert (claims["sub"], claims["tenant"]) == ("ann", "globex")
        assert "orders:read" in claims["scope"].split()

        provider.context.token_expiry_time = 1.0
        again = (await http.get(resource)).json()
    assert again["jti"] != claims["jti"]
    assert person.visits == 1


async def test_sdk_client_credentials(resource: str, issuer: RunningIssuer) -> None:
    provider = ClientCredentialsOAuthProvider(
        resource, Storage(), "dev-m2m", issuer.machine_secret, scope="orders:read", issuer=issuer.url
    )
    async with httpx2.AsyncClient(auth=provider, trust_env=False) as http:
        assert (await http.get(resource)).json()["sub"] == "dev-m2m"

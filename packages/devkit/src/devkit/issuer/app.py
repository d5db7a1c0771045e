"""The issuer as a web application."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from devkit.issuer.client import LOOPBACK_HOSTS
from devkit.issuer.client_directory import ClientDirectory
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.endpoints.authorization import Authorization
from devkit.issuer.endpoints.pages import home_page
from devkit.issuer.endpoints.registration import Registration
from devkit.issuer.endpoints.token import Tokens
from devkit.issuer.grants import Grants
from devkit.issuer.keys import KeyPair
from devkit.issuer.metadata_documents import MetadataDocuments
from devkit.issuer.store import Store

Endpoint = Callable[[Request], Awaitable[Response]]


def create_issuer(
    configuration: IssuerConfiguration,
    key: KeyPair,
    *,
    memory: Path | None = None,
    resources: Mapping[str, str] | None = None,
    grants: Grants | None = None,
) -> Starlette:
    """Assemble the issuer. `memory` is its file of clients and refresh tokens; None keeps them for the process only.

    `resources` (service name to MCP endpoint) are listed on the home page; the issuer accepts any resource.
    `grants` replaces the default, for a test's clock.
    """
    store = Store(memory)
    grants = grants or Grants(store)
    clients = ClientDirectory(configuration, store, MetadataDocuments())
    authorization = Authorization(configuration, clients, grants)
    tokens = Tokens(configuration, key, clients, grants)
    registration = Registration(configuration, store)
    metadata = _metadata(configuration, key)

    async def show_metadata(_request: Request) -> Response:
        return JSONResponse(metadata)

    async def show_keys(_request: Request) -> Response:
        return JSONResponse({"keys": [key.jwk()]})

    async def show_home(_request: Request) -> Response:
        return home_page(configuration, resources or {})

    return Starlette(
        routes=[
            Route("/", show_home),
            Route("/authorize", authorization.authorize, methods=["GET", "POST"]),
            Route("/consent", authorization.consent, methods=["POST"]),
            _for_browsers("/.well-known/oauth-authorization-server", show_metadata, "GET"),
            _for_browsers("/.well-known/openid-configuration", show_metadata, "GET"),
            _for_browsers("/jwks", show_keys, "GET"),
            _for_browsers("/token", tokens.token, "POST"),
            _for_browsers("/revoke", tokens.revoke, "POST"),
            _for_browsers("/register", registration.register, "POST"),
        ],
        # Refuses requests that another site's page sends under its own host name (DNS rebinding).
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_HOSTS), www_redirect=False)],
    )


def _for_browsers(path: str, endpoint: Endpoint, method: str) -> BaseRoute:
    """A route with CORS for every origin: clients such as the MCP Inspector run in a browser."""
    cross_origin = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=[method], allow_headers=["*"])
    return Route(path, endpoint, methods=[method, "OPTIONS"], middleware=[cross_origin])


def _metadata(configuration: IssuerConfiguration, key: KeyPair) -> dict[str, Any]:
    """Authorization server metadata (RFC 8414 §2) with the fields of OpenID Connect Discovery."""
    url = configuration.url
    methods = ["none", "client_secret_basic", "client_secret_post"]
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "registration_endpoint": f"{url}/register",
        "revocation_endpoint": f"{url}/revoke",
        "jwks_uri": f"{url}/jwks",
        "scopes_supported": configuration.known_scopes(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [key.algorithm],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce"],
    }

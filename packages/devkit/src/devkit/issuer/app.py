"""The issuer as a web application."""

from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from devkit.issuer.client_directory import ClientDirectory
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.endpoints.authorization import Authorization
from devkit.issuer.endpoints.pages import home_page
from devkit.issuer.endpoints.registration import Registration
from devkit.issuer.endpoints.token import Tokens
from devkit.issuer.endpoints.token_status import TokenStatus
from devkit.issuer.grants import Grants
from devkit.issuer.keys import KeyPair
from devkit.issuer.metadata_documents import MetadataDocuments
from devkit.issuer.store import Store
from devkit.loopback.guard import FORM, JSON, LOOPBACK_ORIGIN, Guard

Endpoint = Callable[[Request], Awaitable[Response]]


def create_issuer(
    configuration: IssuerConfiguration,
    key: KeyPair,
    *,
    memory: Path | None = None,
    grants: Grants | None = None,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
) -> Starlette:
    """Assemble the issuer. `memory` is its file of clients and refresh tokens; None keeps them for the process only.

    `grants` replaces the default, for a test's clock. `hosts` are further names under which it is reached, with port;
    `origins` those of web clients that are not on this machine.
    """
    store = Store(memory)
    grants = grants or Grants(store)
    clients = ClientDirectory(configuration, store, MetadataDocuments())
    authorization = Authorization(configuration, clients, grants)
    tokens = Tokens(configuration, key, clients, grants)
    status = TokenStatus(configuration, key, clients, grants)
    registration = Registration(configuration, store)
    metadata = _metadata(configuration, key)

    async def show_metadata(_request: Request) -> Response:
        return JSONResponse(metadata)

    async def show_keys(_request: Request) -> Response:
        return JSONResponse({"keys": [key.jwk()]})

    async def show_home(_request: Request) -> Response:
        return home_page(configuration)

    for_clients = (
        ("/.well-known/oauth-authorization-server", show_metadata, "GET"),
        ("/.well-known/openid-configuration", show_metadata, "GET"),
        ("/jwks", show_keys, "GET"),
        ("/token", tokens.token, "POST"),
        ("/revoke", status.revoke, "POST"),
        ("/introspect", status.introspect, "POST"),
        ("/register", registration.register, "POST"),
    )
    guard = Middleware(
        Guard,
        hosts=hosts,
        origins=origins,
        pages=("/", "/authorize"),
        client_paths=[path for path, _, _ in for_clients],
        media_types={"/register": (JSON,), "*": (FORM,)},
    )
    return Starlette(
        routes=[
            Route("/", show_home),
            Route("/authorize", authorization.authorize, methods=["GET", "POST"]),
            Route("/consent", authorization.consent, methods=["POST"]),
            *(_for_clients(path, endpoint, method, origins) for path, endpoint, method in for_clients),
        ],
        middleware=[guard],
    )


def _for_clients(path: str, endpoint: Endpoint, method: str, origins: Collection[str]) -> BaseRoute:
    """A route with CORS for web clients on this machine, such as the MCP Inspector."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_origin_regex=LOOPBACK_ORIGIN,
        allow_methods=[method],
        allow_headers=["*"],
    )
    return Route(path, endpoint, methods=[method, "OPTIONS"], middleware=[cross_origin])


def _metadata(configuration: IssuerConfiguration, key: KeyPair) -> dict[str, Any]:
    """Authorization server metadata (RFC 8414 §2) with the fields of OpenID Connect Discovery."""
    url = configuration.url
    secret = ["client_secret_basic", "client_secret_post"]
    methods = ["none", *secret]
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "registration_endpoint": f"{url}/register",
        "revocation_endpoint": f"{url}/revoke",
        "introspection_endpoint": f"{url}/introspect",
        "jwks_uri": f"{url}/jwks",
        "scopes_supported": configuration.known_scopes(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": secret,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": configuration.reads_documents,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [key.algorithm],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce"],
    }

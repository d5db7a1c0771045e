"""The HTTP application of a service: the MCP endpoint, and beside it the site."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final, Protocol

from fastapi import FastAPI
from mcp.server.lowlevel import Server
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.access.toolsets import Toolsets
from servicekit.auth.address_limits import AddressLimits
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.client_address import ClientAddresses
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.core.health import Health
from servicekit.core.identity import ServerIdentity
from servicekit.http.authentication import Authentication
from servicekit.http.body import BodyReader
from servicekit.http.endpoint import McpEndpoint
from servicekit.http.head import HeadRules
from servicekit.http.metadata_routes import MetadataRoutes
from servicekit.http.revision import Revisions
from servicekit.http.site import CheckedSite, site
from servicekit.http.sse import PATHS as SSE_PATHS
from servicekit.http.sse import SseTransport
from servicekit.mcp.encoding import ResultEncoder
from servicekit.mcp.handshake import Handshake
from servicekit.mcp.methods import Methods
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.portal.files import File
from servicekit.registry.registry import Registry
from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.store import RedisStore

_PATHS: Final = frozenset({"/mcp", "/mcp/"})


class ServedService(Protocol):
    """What the HTTP application needs of a service."""

    @property
    def identity(self) -> ServerIdentity: ...

    @property
    def settings(self) -> ServiceSettings: ...

    @property
    def registry(self) -> Registry: ...

    @property
    def pipeline(self) -> PipelineDependencies: ...

    @property
    def methods(self) -> Methods: ...

    @property
    def health(self) -> Health: ...

    @property
    def toolsets(self) -> Toolsets: ...

    @property
    def store(self) -> RedisStore | None: ...

    @property
    def state_keys(self) -> Sequence[bytes]: ...

    def sdk_server(self) -> Server[Any]:
        """The service behind the MCP SDK's server, for what the handshake says."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """Every component, started; stopped at the end of the block."""
        ...


def http_app(service: ServedService, authenticator: Authenticator, portal: Mapping[str, File]) -> ASGIApp:
    """The whole HTTP application: `/mcp`, health, OAuth metadata, and the portal's files."""
    settings, identity, registry = service.settings, service.identity, service.registry
    metadata = ResourceMetadata(settings, identity.title, registry.scopes)
    clients, limits = ClientAddresses(settings.proxy_addresses), AddressLimits(settings.limit_address)
    rules = HeadRules(settings)
    server = service.sdk_server()
    authentication = Authentication(authenticator, metadata, clients, limits, SecurityLog(identity.name, clients))
    endpoint: ASGIApp = McpEndpoint(
        service.methods.extended(Handshake(server).handlers),
        ResultEncoder(server.server_info_stamp),
        service.pipeline,
        service.health,
        rules,
        authentication,
        BodyReader(settings),
        Revisions(registry),
        service.toolsets,
    )
    if settings.allowed_origins:
        endpoint = CORSMiddleware(
            endpoint,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            expose_headers=["WWW-Authenticate", "X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"],
        )

    sse = _sse(service, endpoint, rules, authentication) if settings.sse else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running(), authenticator.running(), sse.running() if sse is not None else nullcontext():
            yield

    pages: ASGIApp = site(identity.name, service.health, portal, lifespan)
    if settings.allowed_origins:  # a portal of several servers shows whether each works
        pages = CORSMiddleware(pages, allow_origins=list(settings.allowed_origins), allow_methods=["GET"])
    other = CheckedSite(MetadataRoutes(pages, metadata), rules, service.health)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else None
        served = endpoint if path in _PATHS else sse if sse is not None and path in SSE_PATHS else other
        await served(scope, receive, send)

    return app


def _sse(service: ServedService, endpoint: ASGIApp, rules: HeadRules, authentication: Authentication) -> SseTransport:
    settings = service.settings
    most = settings.subscriptions_server, settings.subscriptions_caller
    return SseTransport(
        endpoint, service.identity.name, rules, authentication, service.health, service.store, service.state_keys, most
    )

"""The HTTP application of a service: the middleware before `/mcp`, and the few routes that need no caller."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.telemetry import TelemetryConfig
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from servicekit.auth.address_limits import AddressLimits
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.core.health import Health
from servicekit.core.identity import ServerIdentity
from servicekit.http.authentication import AuthenticationMiddleware, ScopeMiddleware
from servicekit.http.body import BodyMiddleware
from servicekit.http.concurrency import CapacityMiddleware, ConcurrencyMiddleware
from servicekit.http.direct_calls import DirectCalls
from servicekit.http.headers import HeaderMiddleware
from servicekit.http.metadata_routes import MetadataRoutes
from servicekit.http.rate_limit import RateLimitMiddleware
from servicekit.http.shutdown import ShutdownMiddleware
from servicekit.http.toolset_filter import ToolsetFilterMiddleware
from servicekit.mcp.server import McpServer
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.registry.registry import Registry
from servicekit.settings.service import ServiceSettings


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
    def health(self) -> Health: ...

    def mcp_server(self) -> McpServer:
        """The service behind the MCP SDK."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """Every component, started; stopped at the end of the block."""
        ...


def http_app(service: ServedService, authenticator: Authenticator, page: str) -> ASGIApp:
    """The whole HTTP application: `/mcp`, health, OAuth metadata, and the landing page as HTML."""
    settings, identity, registry, pipeline = service.settings, service.identity, service.registry, service.pipeline
    metadata = ResourceMetadata(settings, identity.title, registry.scopes)
    mcp = service.mcp_server()
    sessions = StreamableHTTPSessionManager(mcp.server, stateless=True, max_request_body_size=settings.max_body_bytes)
    addresses = AddressLimits(settings.limit_address)
    # Each layer is entered before the one above it: authentication first, the SDK or the direct call last.
    endpoint: ASGIApp = DirectCalls(StreamableHTTPASGIApp(sessions), mcp, registry, pipeline.deadlines)
    endpoint = ConcurrencyMiddleware(endpoint, pipeline, registry)
    endpoint = ScopeMiddleware(endpoint, pipeline, registry, metadata)
    endpoint = RateLimitMiddleware(endpoint, registry, pipeline)
    endpoint = BodyMiddleware(endpoint, settings)
    endpoint = ToolsetFilterMiddleware(endpoint, registry)
    endpoint = CapacityMiddleware(endpoint, pipeline)
    endpoint = AuthenticationMiddleware(endpoint, authenticator, metadata, addresses, SecurityLog(identity.name))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running(), authenticator.running(), sessions.run():
            yield

    # FastAPI's own telemetry is off: its spans and durations are of HTTP requests, ours of the messages in them.
    silent: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    app = FastAPI(title=identity.name, lifespan=lifespan, openapi_url=None, redirect_slashes=False, telemetry=silent)
    app.router.routes.append(Route("/mcp", endpoint))
    _add_open_routes(app, service.health, addresses, page)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            expose_headers=["WWW-Authenticate", "X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"],
        )
    routes = MetadataRoutes(app, metadata, addresses)
    return ShutdownMiddleware(HeaderMiddleware(routes, settings), service.health)


def _add_open_routes(app: FastAPI, health: Health, addresses: AddressLimits, page: str) -> None:
    """The routes that need no caller: they hold nothing that a stranger may not know."""
    addresses.install(app)

    @app.get("/live")
    async def live() -> JSONResponse:  # another return type makes FastAPI import pydantic.v1
        return JSONResponse({"status": "alive"})

    @app.get("/ready")
    async def ready() -> JSONResponse:
        status = (await health.report())["status"]
        return JSONResponse({"status": status}, 200 if status == "ok" else 503)

    @app.get("/health")
    @addresses.limited
    async def report_health(request: Request) -> JSONResponse:
        report = await health.report()
        return JSONResponse(report, 200 if report["status"] == "ok" else 503)

    @app.get("/", response_class=HTMLResponse)
    @addresses.limited
    async def home(request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

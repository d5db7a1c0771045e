"""The HTTP application of a service: the gates before `/mcp`, and the few routes that need no caller."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.telemetry import TelemetryConfig
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from servicekit.auth.access_token import TokenVerifier
from servicekit.auth.address_limits import AddressLimits
from servicekit.auth.api_keys import ApiKeyVerifier, KeyFile, parse_keys
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.jwks import SigningKeys
from servicekit.auth.mtls import CertificateFile, CertificateVerifier, parse_certificates
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.http.authentication import AuthenticationMiddleware, ScopeMiddleware
from servicekit.http.body import BodyMiddleware
from servicekit.http.concurrency import CapacityMiddleware, ConcurrencyMiddleware
from servicekit.http.direct_calls import DirectCalls
from servicekit.http.headers import HeaderMiddleware
from servicekit.http.rate_limit import RateLimitMiddleware
from servicekit.http.shutdown import ShutdownMiddleware
from servicekit.http.toolset_filter import ToolsetFilterMiddleware
from servicekit.server.landing_page import landing_page
from servicekit.server.service import Service
from servicekit.settings.reloaded_file import ReloadedFile

Running = Callable[[], AbstractAsyncContextManager[None]]


def http_app(service: Service) -> ASGIApp:
    """The whole HTTP application: `/mcp`, health, OAuth metadata, the page for people."""
    settings, name = service.settings, service.identity["name"]
    metadata = ResourceMetadata(settings, service.identity["title"], service.registry.scopes)
    protocol = service.protocol()
    sessions = StreamableHTTPSessionManager(
        protocol.server, stateless=True, max_request_body_size=settings.max_body_bytes
    )
    authenticator, start_ways_in = _ways_in(service)
    addresses, pipeline = AddressLimits(settings.limit_address), service.pipeline
    # From the outside in: who calls, is there room, what they sent, how often, may they, is it their turn;
    # then the SDK, or for tool calls no more of it than they need, which ends in the pipeline.
    direct = DirectCalls(StreamableHTTPASGIApp(sessions), protocol, service.registry, pipeline.deadlines)
    taken = ConcurrencyMiddleware(direct, pipeline, service.registry)
    scoped = ScopeMiddleware(taken, pipeline, service.registry, metadata)
    limited = RateLimitMiddleware(scoped, service.registry, pipeline)
    roomy = CapacityMiddleware(ToolsetFilterMiddleware(BodyMiddleware(limited, settings), service.registry), pipeline)
    endpoint = AuthenticationMiddleware(roomy, authenticator, metadata, addresses, SecurityLog(name))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running(), start_ways_in(), sessions.run():
            yield

    # Its own spans and durations would be of HTTP requests, beside those of the messages in them.
    silent: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    app = FastAPI(title=name, lifespan=lifespan, openapi_url=None, redirect_slashes=False, telemetry=silent)
    app.router.routes.append(Route("/mcp", endpoint))
    _add_open_routes(app, service, metadata, addresses)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            expose_headers=["WWW-Authenticate", "X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"],
        )
    return ShutdownMiddleware(HeaderMiddleware(app, settings), service.health)


def _ways_in(service: Service) -> tuple[Authenticator, Running]:
    """Every way in that settings open, and what runs beside them."""
    settings = service.settings
    tokens = keys = certificates = None
    running: list[Running] = []
    if settings.issuer is not None:
        signing_keys = SigningKeys(settings.issuer, settings.jwks_url, settings.token_algorithms)
        tokens = TokenVerifier(settings, signing_keys)
        running.append(signing_keys.running)
    if settings.api_keys_file is not None:
        file: ReloadedFile[KeyFile] = ReloadedFile(
            "API key",
            Path(settings.api_keys_file),
            parse_keys,
            lambda: service.callers_changed("api_key", file.content.callers),
        )
        keys = ApiKeyVerifier(lambda: file.content)
        running.append(file.running)
    if settings.certificates_file is not None:
        holders: ReloadedFile[CertificateFile] = ReloadedFile(
            "certificate",
            Path(settings.certificates_file),
            parse_certificates,
            lambda: service.callers_changed("mtls", holders.content.callers),
        )
        certificates = CertificateVerifier(
            lambda: holders.content, settings.certificate_header, settings.proxy_addresses
        )
        running.append(holders.running)
    if not running:
        raise ValueError("nobody could sign in: set the issuer, an API key file or a certificate file")

    @asynccontextmanager
    async def all_running() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for start in running:
                await stack.enter_async_context(start())
            yield

    return Authenticator(tokens, keys, certificates), all_running


def _add_open_routes(app: FastAPI, service: Service, metadata: ResourceMetadata, addresses: AddressLimits) -> None:
    """The routes that need no caller: they hold nothing that a stranger may not know."""
    page = landing_page(service.settings, service.identity, service.registry.scopes)
    addresses.install(app)

    @app.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        status = (await service.health.report())["status"]
        return JSONResponse({"status": status}, 200 if status == "ok" else 503)

    @app.get("/health")
    @addresses.limited
    async def health(request: Request) -> JSONResponse:
        report = await service.health.report()
        return JSONResponse(report, 200 if report["status"] == "ok" else 503)

    @app.get("/", response_class=HTMLResponse)
    @addresses.limited
    async def home(request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

    @addresses.limited
    async def describe(request: Request) -> JSONResponse:
        return JSONResponse(metadata.document, headers={"Cache-Control": "max-age=3600"})

    for path in metadata.paths:
        app.add_api_route(path, describe, methods=["GET"])

"""A service, assembled: the only place that says in which order the parts stand."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from servicekit.auth.gate import AuthenticationGate, ScopeGate, Verifier
from servicekit.auth.jwks import SigningKeys
from servicekit.auth.jwt import TokenVerifier
from servicekit.auth.metadata import ResourceMetadata
from servicekit.caller import Caller
from servicekit.catalogue import Catalogue
from servicekit.cursors import Cursors
from servicekit.guards import BodyGuard, HeaderGuard
from servicekit.health import Component, Health
from servicekit.identity import whoami_tool
from servicekit.operations import Operation
from servicekit.page import human_page
from servicekit.pipeline import Boundary
from servicekit.policy import Policy
from servicekit.prompts import CompletionSpec, PromptSpec
from servicekit.protocol import ProtocolServer
from servicekit.resources import ResourceSpec
from servicekit.settings import ServiceSettings
from servicekit.telemetry.logs import CallLog, SecurityLog
from servicekit.tools import ToolSpec


class Service:
    """One MCP server: its table, and what it runs on.

    Args:
        settings: what the operator said.
        name: short and lower-case, as clients list it.
        title: as people read it.
        version: the service's own.
        instructions: what a model should use this server for.
        components: what to start, stop and check with the server; started in this order, stopped in reverse.
        tools, resources, prompts, completions: the rows of the table. `whoami` is added.

    Raises:
        ValueError: two rows share a name, or a row cannot be served.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        name: str,
        title: str,
        version: str,
        instructions: str,
        tools: Sequence[ToolSpec],
        components: Sequence[Component] = (),
        resources: Sequence[ResourceSpec] = (),
        prompts: Sequence[PromptSpec] = (),
        completions: Sequence[CompletionSpec] = (),
    ) -> None:
        self.settings = settings
        self.identity = {"name": name, "title": title, "version": version, "instructions": instructions}
        self.policy = Policy(writes_allowed=not settings.read_only)
        whoami = whoami_tool(self.policy, self._operations)
        self.catalogue = Catalogue([*tools, whoami], resources, prompts, completions)
        self.health = Health(components)
        self._components = components
        keys = [key.get_secret_value().encode() for key in settings.state_keys] or [secrets.token_bytes(32)]
        self._boundary = Boundary(self.policy, Cursors(keys), CallLog(name), settings.call_timeout)

    def _operations(self) -> Sequence[Operation]:
        return self.catalogue.operations

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Every component, started; stopped in reverse order at the end of the block."""
        async with AsyncExitStack() as stack:
            for component in self._components:
                await component.start()
                stack.push_async_callback(component.stop)
            yield

    def server(self, local_caller: Caller | None = None) -> Server[None]:
        """The SDK server, for a transport that needs no HTTP.

        Args:
            local_caller: who is at the other end of stdio or of an in-memory connection.
        """
        return ProtocolServer(self.identity, self.catalogue, self._boundary, local_caller).server

    def http_app(self) -> ASGIApp:
        """The whole HTTP application: `/mcp`, health, OAuth metadata, the page for people."""
        name = self.identity["name"]
        metadata = ResourceMetadata(self.settings, self.identity["title"], self.catalogue.scopes)
        sessions = StreamableHTTPSessionManager(
            self.server(), stateless=True, max_request_body_size=self.settings.max_body_bytes
        )
        verifier, start_verifier = self._verifier()
        security_log = SecurityLog(name)
        # From the outside in: who calls, what they sent, may they; then the SDK, which ends in the pipeline.
        scoped = ScopeGate(StreamableHTTPASGIApp(sessions), self.catalogue, self.policy, metadata, security_log)
        endpoint = AuthenticationGate(BodyGuard(scoped, self.settings), verifier, metadata, security_log)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            async with self.running(), start_verifier(), sessions.run():
                yield

        app = FastAPI(title=name, lifespan=lifespan, openapi_url=None, redirect_slashes=False)
        app.router.routes.append(Route("/mcp", endpoint))
        self._add_open_routes(app, metadata)
        if self.settings.allowed_origins:
            app.add_middleware(
                CORSMiddleware,
                allow_origins=list(self.settings.allowed_origins),
                allow_methods=["POST"],
                allow_headers=["*"],
                expose_headers=["WWW-Authenticate", "X-Request-ID"],
            )
        return HeaderGuard(app, self.settings)

    def _verifier(self) -> tuple[Verifier, Callable[[], AbstractAsyncContextManager[None]]]:
        settings = self.settings
        if settings.issuer is None:
            raise ValueError("a server on HTTP needs an issuer: without one, nobody can sign in")
        keys = SigningKeys(settings.issuer, settings.jwks_url, settings.token_algorithms)
        return TokenVerifier(settings, keys), keys.running

    def _add_open_routes(self, app: FastAPI, metadata: ResourceMetadata) -> None:
        """The routes that need no caller: they hold nothing that a stranger may not know."""
        page = human_page(self.settings, self.identity, self.catalogue.scopes)

        @app.get("/live")
        async def live() -> dict[str, str]:
            return {"status": "alive"}

        @app.get("/ready")
        async def ready() -> JSONResponse:
            status = (await self.health.report())["status"]
            return JSONResponse({"status": status}, 200 if status == "ok" else 503)

        @app.get("/health")
        async def health() -> JSONResponse:
            report = await self.health.report()
            return JSONResponse(report, 200 if report["status"] == "ok" else 503)

        @app.get("/", response_class=HTMLResponse)
        async def home() -> HTMLResponse:
            return HTMLResponse(
                page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
            )

        async def describe() -> JSONResponse:
            return JSONResponse(metadata.document, headers={"Cache-Control": "max-age=3600"})

        for path in metadata.paths:
            app.add_api_route(path, describe, methods=["GET"])

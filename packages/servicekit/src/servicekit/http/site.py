"""The routes that need no caller: health, and the portal. They hold nothing private.

They have no limit by address, by which one client could shut out others behind the same proxy: its files are
prepared at start, and the report of `core.health` is made once a second at most.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.asgi_scope import REQUEST_ID
from servicekit.core.health import SERVING, Health
from servicekit.http.head import Head, HeadRules
from servicekit.http.refusal import Refusal
from servicekit.http.responses import Response as EndpointResponse
from servicekit.portal.files import File

# FastAPI's own telemetry is off: its spans and durations are of HTTP requests, ours of MCP messages.
_SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def site(
    name: str,
    health: Health,
    portal: Mapping[str, File],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
) -> FastAPI:
    """The FastAPI application with these routes."""
    app = FastAPI(title=name, lifespan=lifespan, openapi_url=None, redirect_slashes=False, telemetry=_SILENT)

    @app.get("/live")
    async def live() -> JSONResponse:  # another return type makes FastAPI import pydantic.v1
        return JSONResponse({"status": "alive"})

    @app.get("/ready")
    async def ready() -> JSONResponse:
        status = (await health.report())["status"]
        return JSONResponse({"status": status}, 200 if status in SERVING else 503)

    @app.get("/health")
    async def report_health() -> JSONResponse:
        report = await health.report()
        return JSONResponse(report, 200 if report["status"] in SERVING else 503)

    for path, file in portal.items():
        app.add_api_route(f"/{path}", _serving(file), response_model=None)

    @app.exception_handler(404)
    async def not_found(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"detail": "Not found. The MCP endpoint is /mcp."}, 404)

    return app


def _serving(file: File) -> Callable[[], Awaitable[Response]]:
    async def serve() -> Response:
        return Response(file.content, headers=file.headers)

    return serve


class CheckedSite:
    """The site behind the same checks of the head as the MCP endpoint, with the request id in its responses."""

    def __init__(self, app: ASGIApp, rules: HeadRules, health: Health) -> None:
        self._app, self._rules, self._health = app, rules, health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = Head(scope)
        scope[REQUEST_ID] = head.request_id
        added = [(b"x-request-id", head.request_id.encode())]
        if self._health.shutting_down:
            added.append((b"connection", b"close"))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        try:
            self._rules.check(head)
        except Refusal as refusal:
            await EndpointResponse(send, head, self._health).refuse(refusal)
        else:
            await self._app(scope, receive, send_with_id)

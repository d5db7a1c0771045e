"""The bound on calls at once, over HTTP: what is shed is answered 503 with `Retry-After`, as early as can be.

Only `/mcp` stands behind these gates: health and metadata are never shed. Plain ASGI.
"""

from typing import Any, Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.core.asgi_scope import CALLER, MESSAGE, SLOT
from servicekit.core.caller import caller_key
from servicekit.core.deadline import requested_timeout
from servicekit.core.errors import Overloaded
from servicekit.http.responses import protocol_error, record_refusal
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.registry.registry import Registry
from servicekit.telemetry.instruments import calls_shed
from servicekit.telemetry.spans import child_span

_BUSY: Final = 503


class CapacityMiddleware:
    """Sheds before the body is read: on a call that would be shed at once no more is spent than a line saying whose."""

    def __init__(self, app: ASGIApp, pipeline: PipelineDependencies) -> None:
        self._app = app
        self._concurrency = pipeline.concurrency
        self._log = pipeline.log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shed = self._concurrency.overload_of(caller_key(scope[CALLER]))
        if shed is None:
            await self._app(scope, receive, send)
            return
        calls_shed.add(1)
        with record_refusal(scope, None, "shed", scope[CALLER], self._log):
            await _busy(shed)(scope, receive, send)


class ConcurrencyMiddleware:
    """Takes a turn for every call. The pipeline gives it back when the call is done, read or not."""

    def __init__(self, app: ASGIApp, pipeline: PipelineDependencies, registry: Registry) -> None:
        self._app = app
        self._concurrency = pipeline.concurrency
        self._log = pipeline.log
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        params = message.get("params") or {}
        operation = self._registry.find(message.get("method", ""), params)
        if operation is None:
            await self._app(scope, receive, send)  # lists and discovery are prepared; a stream has bounds of its own
            return
        try:
            with child_span("concurrency_slot", brief=True):
                turn = scope[SLOT] = await self._concurrency.acquire(caller_key(scope[CALLER]), _patience(params))
        except Overloaded as shed:
            with record_refusal(scope, operation, "shed", scope[CALLER], self._log):
                await _busy(shed, message.get("id"))(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            turn.release()


def _patience(params: dict[str, Any]) -> float | None:
    meta = params.get("_meta")
    try:
        return requested_timeout(meta) if isinstance(meta, dict) else None
    except ValueError:
        return None  # the pipeline's to explain


def _busy(shed: Overloaded, request_id: object = None) -> Response:
    return protocol_error(503, str(shed), {"Retry-After": f"{shed.retry_after:.0f}"}, _BUSY, request_id)

"""The concurrency limit over HTTP: calls beyond it are answered 503 with `Retry-After`. Plain ASGI.

It applies to `/mcp` only: health and metadata are never shed.
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
    """Sheds requests before their body is read, if a call of the caller would be shed now."""

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
    """Acquires a concurrency slot for every call. The pipeline releases it when the call is done."""

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
            await self._app(scope, receive, send)  # lists are built once, and subscriptions have their own limits
            return
        try:
            with child_span("concurrency_slot", brief=True):
                slot = scope[SLOT] = await self._concurrency.acquire(
                    caller_key(scope[CALLER]), _requested_timeout(params)
                )
        except Overloaded as shed:
            with record_refusal(scope, operation, "shed", scope[CALLER], self._log):
                await _busy(shed, message.get("id"))(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            slot.release()


def _requested_timeout(params: dict[str, Any]) -> float | None:
    meta = params.get("_meta")
    try:
        return requested_timeout(meta) if isinstance(meta, dict) else None
    except ValueError:
        return None  # the pipeline reports the malformed timeout


def _busy(shed: Overloaded, request_id: object = None) -> Response:
    return protocol_error(503, str(shed), {"Retry-After": f"{shed.retry_after:.0f}"}, _BUSY, request_id)

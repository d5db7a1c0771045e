"""The rate limit over HTTP, with its headers on every response. Plain ASGI."""

import math
from typing import Any, Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.asgi_scope import CALLER, MESSAGE, RATE_LIMIT_DECISION
from servicekit.core.errors import Unavailable
from servicekit.http.responses import record_refusal
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.registry.registry import Registry

_OTHER: Final = "(other)"  # lists and discovery share one count


class RateLimitMiddleware:
    """Counts every request of a caller. The pipeline reports an exceeded limit; far over the limit it is HTTP 429."""

    def __init__(self, app: ASGIApp, registry: Registry, pipeline: PipelineDependencies) -> None:
        self._app = app
        self._registry = registry
        self._pipeline = pipeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        caller, pipeline = scope[CALLER], self._pipeline
        operation = self._registry.find(message.get("method", ""), message.get("params") or {})
        name, cost, writes = (operation.name, operation.cost, operation.writes) if operation else (_OTHER, 1, False)
        try:
            decision = await pipeline.limiter.decide(caller, name, cost, pipeline.policy.limits(caller), writes=writes)
        except Unavailable:
            await self._app(scope, receive, send)  # the pipeline decides again and reports the unavailable store
            return

        async def send_with_limits(event: Message) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event.get("headers", ()), *decision.headers]
            await send(event)

        if decision.over_limit or (decision.exceeded is not None and operation is None):
            body = {"error": "too_many_requests", "error_description": decision.message}
            response = JSONResponse(body, 429, {"Retry-After": str(math.ceil(decision.retry_after))})
            with record_refusal(scope, operation, "rate_limited", caller, pipeline.log):
                await response(scope, receive, send_with_limits)
            return
        scope[RATE_LIMIT_DECISION] = decision
        await self._app(scope, receive, send_with_limits)

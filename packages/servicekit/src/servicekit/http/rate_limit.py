"""The rate limit over HTTP: decided before the call runs, so that its headers are on every answer. Plain ASGI."""

import math
from typing import Any, Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.asgi_scope import ADMISSION, CALLER, MESSAGE
from servicekit.core.errors import Unavailable
from servicekit.http.responses import refused
from servicekit.pipeline.call import Boundary
from servicekit.registry.registry import Catalogue

_OTHER: Final = "(other)"  # lists and discovery: counted, under one name


class LimitGate:
    """Counts every request of a signed-in caller. A spent budget is the pipeline's to explain; a flood is HTTP 429."""

    def __init__(self, app: ASGIApp, catalogue: Catalogue, boundary: Boundary) -> None:
        self._app = app
        self._catalogue = catalogue
        self._boundary = boundary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        caller, boundary = scope[CALLER], self._boundary
        operation = self._catalogue.find(message.get("method", ""), message.get("params") or {})
        name, cost, writes = (operation.name, operation.cost, operation.writes) if operation else (_OTHER, 1, False)
        try:
            admission = await boundary.limiter.admit(caller, name, cost, boundary.policy.limits(caller), writes=writes)
        except Unavailable:
            await self._app(scope, receive, send)  # the pipeline asks again, and says what is away
            return

        async def send_with_limits(event: Message) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event.get("headers", ()), *admission.headers]
            await send(event)

        if admission.flooding or (admission.refused_by is not None and operation is None):
            body = {"error": "too_many_requests", "error_description": admission.sentence}
            response = JSONResponse(body, 429, {"Retry-After": str(math.ceil(admission.retry_after))})
            with refused(scope, operation, "limited", caller, boundary.log):
                await response(scope, receive, send_with_limits)
            return
        scope[ADMISSION] = admission
        await self._app(scope, receive, send_with_limits)

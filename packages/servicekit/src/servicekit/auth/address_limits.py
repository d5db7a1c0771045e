"""Rate limits per client address, for requests without a caller: open routes and invalid credentials.

Each replica counts for itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, ParamSpec, TypeVar

from fastapi import FastAPI, Request
from limits import RateLimitItemPerMinute
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from servicekit.telemetry.instruments import rate_limit_refused

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

RETRY_AFTER: Final = 60
"""Seconds after which a limited address may retry."""


def too_many_requests() -> Response:
    """An HTTP 429 response with `Retry-After`."""
    rate_limit_refused.add(1, {"limit": "address"})
    body = {"error": "too_many_requests", "error_description": f"Too many requests. Wait {RETRY_AFTER} s."}
    return JSONResponse(body, 429, {"Retry-After": str(RETRY_AFTER)})


class AddressLimits:
    """Counts unauthenticated requests by client address.

    Args:
        per_minute: requests of one address to each open route, and separately invalid credentials.
    """

    def __init__(self, per_minute: int) -> None:
        self._limiter = Limiter(key_func=get_remote_address, default_limits=[], headers_enabled=False)
        self._rule = f"{per_minute}/minute"
        self._each = RateLimitItemPerMinute(per_minute)

    def limited(self, route: Callable[Parameters, Awaitable[Result]]) -> Callable[Parameters, Awaitable[Result]]:
        """Decorate a route; it must have a parameter `request`."""
        decorated: Callable[Parameters, Awaitable[Result]] = self._limiter.limit(self._rule)(route)
        return decorated

    def install(self, app: FastAPI) -> None:
        """Register the 429 response of limited routes in an application."""
        app.state.limiter = self._limiter

        async def refuse(_: Request, __: Any) -> Response:
            return too_many_requests()

        app.add_exception_handler(RateLimitExceeded, refuse)

    def note_refusal(self) -> None:
        """Count a request that was refused because of its address."""
        rate_limit_refused.add(1, {"limit": "address"})

    def admits(self, scope: Scope, route: str) -> bool:
        """Count a request to an open route that no FastAPI decorator covers; False if it is over the limit."""
        return self._limiter.limiter.hit(self._each, route, _address(scope))

    def is_blocked(self, scope: Scope) -> bool:
        """Whether the address has sent too many invalid credentials."""
        return not self._limiter.limiter.test(self._each, "credentials", _address(scope))

    def count_failure(self, scope: Scope) -> None:
        """Count a missing or invalid credential."""
        self._limiter.limiter.hit(self._each, "credentials", _address(scope))


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"

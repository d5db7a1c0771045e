"""Limits per address, for whoever has not shown who they are: on the open routes, and on credentials that are not good.

Counted in this process: what a stranger may do to one replica is bounded by that replica.
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

WAIT: Final = 60
"""Seconds after which an address that was refused may come again."""


def too_many() -> Response:
    """The refusal: HTTP 429 with `Retry-After`."""
    rate_limit_refused.add(1, {"limit": "address"})
    body = {"error": "too_many_requests", "error_description": f"Too many requests. Wait {WAIT} s."}
    return JSONResponse(body, 429, {"Retry-After": str(WAIT)})


class AddressLimits:
    """Counts requests of strangers by address.

    Args:
        per_minute: requests of one address to the open routes, and bad credentials of one address.
    """

    def __init__(self, per_minute: int) -> None:
        self._limiter = Limiter(key_func=get_remote_address, default_limits=[], headers_enabled=False)
        self._rule = f"{per_minute}/minute"
        self._failures = RateLimitItemPerMinute(per_minute)

    def limited(self, route: Callable[Parameters, Awaitable[Result]]) -> Callable[Parameters, Awaitable[Result]]:
        """A route that takes a `request`, limited."""
        decorated: Callable[Parameters, Awaitable[Result]] = self._limiter.limit(self._rule)(route)
        return decorated

    def install(self, app: FastAPI) -> None:
        """Make an application answer what `limited` refuses."""
        app.state.limiter = self._limiter

        async def refuse(_: Request, __: Any) -> Response:
            return too_many()

        app.add_exception_handler(RateLimitExceeded, refuse)

    def blocked(self, scope: Scope) -> bool:
        """Whether this address has shown so many bad credentials that the next is not even looked at."""
        return not self._limiter.limiter.test(self._failures, "credentials", _address(scope))

    def failed(self, scope: Scope) -> None:
        """Count a missing or bad credential."""
        self._limiter.limiter.hit(self._failures, "credentials", _address(scope))


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"

"""Control routes of every simulator, under `/_simulator`: the requests received, and faults to inject."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devkit.simulators.faults import Fault, Faults

_KEPT = 10_000


class RequestLog:
    """The latest requests received."""

    def __init__(self) -> None:
        self.requests: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self.headers: deque[dict[str, str]] = deque(maxlen=_KEPT)

    def note(self, scope: Scope) -> None:
        """Record a request, except to the control routes."""
        if not scope["path"].startswith("/_simulator"):
            self.requests.append((scope["method"], scope["path"]))
            self.headers.append({name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]})

    def before(self, app: ASGIApp) -> ASGIApp:
        """The application with its requests recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.note(scope)
            await app(scope, receive, send)

        return recorded

    def count(self, method: str = "*", path: str = "*") -> int:
        """The number of requests that match the patterns, in which * matches any characters."""
        return sum(fnmatchcase(verb, method) and fnmatchcase(one, path) for verb, one in self.requests)

    def clear(self) -> None:
        """Forget all requests."""
        self.requests.clear()
        self.headers.clear()


class Control:
    """Control routes for tests and developers."""

    def __init__(self, faults: Faults, request_log: RequestLog) -> None:
        self._faults = faults
        self._request_log = request_log

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/_simulator/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/_simulator/faults", checked(self._change_faults), methods=["GET", "POST", "DELETE"]),
        ]

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._request_log.clear()
        counts = Counter(f"{method} {path}" for method, path in self._request_log.requests)
        return JSONResponse({"total": counts.total(), "requests": counts})

    async def _change_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.pending.clear()
        if request.method == "POST":
            self._faults.pending.append(Fault.model_validate(await request.json()))
        return JSONResponse([fault.model_dump() for fault in self._faults.pending])


def checked(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """`endpoint` with validation errors as responses."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValidationError as problem:
            return JSONResponse({"errors": problem.errors(include_url=False, include_context=False)}, 422)
        except ValueError:
            return JSONResponse({"errors": ["not JSON"]}, 400)

    return answer

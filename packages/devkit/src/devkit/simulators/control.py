"""The control routes of every simulator, under `/_simulator`: received requests and faults."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from devkit.simulators.faults import Fault, Faults

_KEPT = 10_000


class Seen:
    """The latest received requests."""

    def __init__(self) -> None:
        self.requests: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self.headers: deque[dict[str, str]] = deque(maxlen=_KEPT)

    def note(self, scope: Scope) -> None:
        """Record a request, except those of the control routes."""
        if not scope["path"].startswith("/_simulator"):
            self.requests.append((scope["method"], scope["path"]))
            self.headers.append({name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]})

    def count(self, method: str = "*", path: str = "*") -> int:
        """The number of matching requests; * matches any characters."""
        return sum(fnmatchcase(verb, method) and fnmatchcase(one, path) for verb, one in self.requests)

    def clear(self) -> None:
        """Delete all recorded requests."""
        self.requests.clear()
        self.headers.clear()


class Control:
    """The control routes, for tests and for developers who try out faults."""

    def __init__(self, faults: Faults, seen: Seen) -> None:
        self._faults = faults
        self._seen = seen

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/_simulator/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/_simulator/faults", checked(self._change_faults), methods=["GET", "POST", "DELETE"]),
        ]

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._seen.clear()
        counts = Counter(f"{method} {path}" for method, path in self._seen.requests)
        return JSONResponse({"total": counts.total(), "requests": counts})

    async def _change_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.waiting.clear()
        if request.method == "POST":
            self._faults.waiting.append(Fault.model_validate(await request.json()))
        return JSONResponse([fault.model_dump() for fault in self._faults.waiting])


def checked(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Wrap `endpoint`: an invalid body gives a response with its errors."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValidationError as problem:
            return JSONResponse({"errors": problem.errors(include_url=False, include_context=False)}, 422)
        except ValueError:
            return JSONResponse({"errors": ["not JSON"]}, 400)

    return answer

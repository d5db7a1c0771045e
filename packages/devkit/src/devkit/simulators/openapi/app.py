"""A simulated API: answers the GET operations of an OpenAPI description with its examples and made-up values."""

import json
import re
from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from devkit.errors import DevkitError
from devkit.loopback.guard import Guard
from devkit.simulators.control import Control, RequestLog
from devkit.simulators.faults import Answer, Fault, FaultMiddleware, Faults
from devkit.simulators.openapi.described_paths import DescribedPath, described_paths
from devkit.simulators.openapi.description import Description

_LIMITS: Final = ("rate_limit", "secondary_limit")


class OpenApiSimulator:
    """The simulator's ASGI application. It accepts any credential and changes nothing.

    Attributes:
        faults: faults to inject.
        request_log: the requests received.

    Args:
        title: the name of the API for people.
        hosts: further names under which it is reached, with port.
    """

    def __init__(self, description: Description, title: str, hosts: Collection[str] = ()) -> None:
        self._paths = described_paths(description)
        self.faults = Faults()
        self.request_log = RequestLog()
        self._page = f"<h1>Simulated {escape(title)}</h1><p>This is not {escape(title)}: its records are made up.</p>"
        routes = [
            Route("/", self._root),
            *Control(self.faults, self.request_log).routes,
            Route("/{path:path}", self._answer),
        ]
        faulty = FaultMiddleware(Starlette(routes=routes), self.faults, _fault_response)
        self._app = Guard(self.request_log.before(faulty), hosts=hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _root(self, request: Request) -> Response:
        """The page that says what this is; for a client of the API its root, if the description has one."""
        is_described = any(path.values_in("/") is not None for path in self._paths)
        if is_described and request.headers.get("accept") == "application/json":
            return await self._answer(request)
        return HTMLResponse(self._page)

    async def _answer(self, request: Request) -> Response:
        raw: bytes = request.scope["raw_path"].partition(b"?")[0]
        for path in self._paths:
            if (values := path.values_in(raw.decode("latin-1"))) is not None:
                return _found(path, values, request.query_params)
        return _problem(404, "There is no such path.")


def simulator_of(file: Path, title: str, hosts: Collection[str] = ()) -> OpenApiSimulator:
    """The simulator of a description on file, which `make new` wrote. Raises `DevkitError` if it cannot be read."""
    try:
        root = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DevkitError(f"{file} is no JSON file: {error}. Restore it from git.") from None
    return OpenApiSimulator(Description(root), title, hosts)


def _found(path: DescribedPath, values: Mapping[str, str], query: Mapping[str, str]) -> Response:
    for name, value in values.items():
        if value not in map(str, path.known[name]):
            return _problem(404, "There is no such record.")
    for name in path.required:
        if name not in query:
            return _problem(400, f"The parameter {re.sub(r'[^A-Za-z0-9_.-]', '', name)} is missing.")
    return JSONResponse(path.content(values), path.status)


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "detail": detail}, status)


def _fault_response(fault: Fault) -> Answer:
    if fault.kind in _LIMITS:
        body: dict[str, Any] = {"status": 429, "detail": "Too many requests."}
        return 429, {"retry-after": str(int(fault.seconds))}, json.dumps(body).encode()
    return fault.status, {}, json.dumps({"status": fault.status, "detail": "Simulated failure."}).encode()

"""Fault injection: errors, delays and broken responses for the next matching requests."""

import asyncio
import json
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Receive, Scope, Send

Kind = Literal[
    "error", "bad_gateway", "rate_limit", "secondary_limit", "hang", "hang_after", "slow_body", "truncated", "garbage",
    "redirect", "huge", "answer", "nulls",
]  # fmt: skip


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

_PARTS = 50  # of a slow body


class Fault(BaseModel):
    """A fault to inject.

    ``hang_after`` processes the request and then hangs, so that the caller cannot know whether it took effect.
    ``nulls`` replaces values of the response's tables by null, as a source without data for some hours does.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    method: str = "*"
    path: str = Field("*", description="Pattern of the paths to affect, in which * matches any characters.")
    times: int = Field(1, ge=0, description="Number of requests to affect.")
    status: int = Field(500, ge=200, le=599)
    seconds: float = Field(60.0, ge=0, description="Seconds to hang, to take for a body, or until a limit resets.")
    location: str = "http://127.0.0.1:9/elsewhere"
    headers: dict[str, str] = {}
    names: list[str] = Field(["*"], description="Patterns of the columns in which `nulls` replaces values.")
    first: int = Field(0, ge=0, description="First place in a column that `nulls` replaces.")
    last: int | None = Field(None, description="Last place in a column that `nulls` replaces; default: its end.")
    body: str = Field("", description="The response body of `answer`, sent with `status` and `headers`.")

    def concerns(self, method: str, path: str) -> bool:
        """Whether the fault affects a request."""
        return self.times > 0 and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """Pending faults, oldest first."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request; counts as one of its times."""
        for fault in self.pending:
            if fault.concerns(method, path):
                fault.times -= 1
                self.pending = [one for one in self.pending if one.times > 0]
                return fault
        return None


class FaultMiddleware:
    """ASGI middleware that injects faults. Outermost, so that it affects every response."""

    def __init__(self, app: Any, faults: Faults, render: Callable[[Fault], Answer]) -> None:
        """`render` builds the responses of errors and limits in the simulated service's format."""
        self._app = app
        self._faults = faults
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith("/_simulator"):
            await self._app(scope, receive, send)
            return
        fault = self._faults.take(scope["method"], path)
        if fault is None:
            await self._app(scope, receive, send)
            return
        match fault.kind:
            case "hang_after" | "slow_body" | "truncated" | "nulls":
                await self._distort(scope, receive, send, fault)
            case _:
                if fault.kind == "hang":
                    await asyncio.sleep(fault.seconds)
                status, headers, body = _generic_response(fault) or self._render(fault)
                await _answer(send, status, headers, body)

    async def _distort(self, scope: Scope, receive: Receive, send: Send, fault: Fault) -> None:
        """Process the request, and delay or cut its response."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        if fault.kind == "hang_after":
            await asyncio.sleep(fault.seconds)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        headers = [*messages[0].get("headers", ())]
        if fault.kind == "nulls":
            body = _with_nulls(body, fault)
            headers = [one for one in headers if one[0] != b"content-length"]
        if fault.kind == "truncated":
            if not body:  # announce a byte, so that an empty body is cut too
                headers = [*(one for one in headers if one[0] != b"content-length"), (b"content-length", b"1")]
            await send({"type": "http.response.start", "status": messages[0]["status"], "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return  # the server then closes the connection
        await send({"type": "http.response.start", "status": messages[0]["status"], "headers": headers})
        part = max(len(body) // _PARTS, 1)
        for start in range(0, len(body), part if fault.kind == "slow_body" else len(body) or 1):
            if fault.kind == "slow_body":
                await asyncio.sleep(fault.seconds / _PARTS)
            end = start + part if fault.kind == "slow_body" else len(body)
            await send({"type": "http.response.body", "body": body[start:end], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _with_nulls(body: bytes, fault: Fault) -> bytes:
    """The JSON of a response with nulls in the columns of its tables. Times, and units, stay."""
    content = json.loads(body)
    for block, table in content.items():
        if not isinstance(table, dict) or block.endswith("_units"):
            continue
        for name, column in table.items():
            if name in ("time", "interval") or not any(fnmatchcase(name, pattern) for pattern in fault.names):
                continue
            if isinstance(column, list):
                last = len(column) if fault.last is None else fault.last + 1
                column[fault.first : last] = [None] * len(column[fault.first : last])
            else:
                table[name] = None
    return json.dumps(content).encode()


def _generic_response(fault: Fault) -> Answer | None:
    """The response of a fault that looks the same for every service, for example a proxy's."""
    match fault.kind:
        case "bad_gateway":
            return 502, {"content-type": "text/html"}, b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        case "garbage":
            return 200, {}, b'{"id": 1, "title": "an unfinished'
        case "redirect":
            return 302, {"location": fault.location}, b""
        case "answer":
            return fault.status, fault.headers, fault.body.encode()
        case "huge":
            return 200, {}, b"[" + b" " * (64 * 1024 * 1024) + b"]"
        case _:
            return None


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    everything = {"content-type": "application/json; charset=utf-8", **headers, "content-length": str(len(body))}
    encoded: Sequence[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in everything.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})

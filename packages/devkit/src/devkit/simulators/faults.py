"""Fault injection: errors, limits, hangs and broken responses that a test or a developer requests."""

import asyncio
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Receive, Scope, Send

Kind = Literal[
    "error", "bad_gateway", "rate_limit", "secondary_limit", "hang", "hang_after", "slow_body", "truncated", "garbage",
    "redirect", "huge",
]  # fmt: skip


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

_PARTS = 50  # parts of a slow body


class Fault(BaseModel):
    """A fault for the next matching requests.

    ``hang_after`` executes the request, then hangs: the caller cannot know that it was executed.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    method: str = "*"
    path: str = Field("*", description="Path of the matching requests; * matches any characters.")
    times: int = Field(1, ge=0, description="Number of requests; then the fault ends.")
    status: int = Field(500, ge=400, le=599)
    seconds: float = Field(60.0, ge=0, description="Duration of a hang, of a slow body, or of a limit.")
    location: str = "http://127.0.0.1:9/elsewhere"

    def concerns(self, method: str, path: str) -> bool:
        """Whether the fault applies to a request."""
        return self.times > 0 and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The pending faults, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request; counts its use."""
        for fault in self.waiting:
            if fault.concerns(method, path):
                fault.times -= 1
                self.waiting = [one for one in self.waiting if one.times > 0]
                return fault
        return None


class Misbehaving:
    """ASGI middleware that injects faults; the outermost layer of a simulator."""

    def __init__(self, app: Any, faults: Faults, dialect: Callable[[Fault], Answer]) -> None:
        """`dialect` returns the simulated service's own response for a fault: an error or a limit."""
        self._app = app
        self._faults = faults
        self._dialect = dialect

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
            case "hang_after" | "slow_body" | "truncated":
                await self._spoil(scope, receive, send, fault)
            case _:
                if fault.kind == "hang":
                    await asyncio.sleep(fault.seconds)
                status, headers, body = _instead(fault) or self._dialect(fault)
                await _answer(send, status, headers, body)

    async def _spoil(self, scope: Scope, receive: Receive, send: Send, fault: Fault) -> None:
        """Execute the request, then break its response."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        if fault.kind == "hang_after":
            await asyncio.sleep(fault.seconds)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        headers = [*messages[0].get("headers", ())]
        if fault.kind == "truncated":
            await send({"type": "http.response.start", "status": messages[0]["status"], "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return  # the server closes the connection
        await send({"type": "http.response.start", "status": messages[0]["status"], "headers": headers})
        part = max(len(body) // _PARTS, 1)
        for start in range(0, len(body), part if fault.kind == "slow_body" else len(body) or 1):
            if fault.kind == "slow_body":
                await asyncio.sleep(fault.seconds / _PARTS)
            end = start + part if fault.kind == "slow_body" else len(body)
            await send({"type": "http.response.body", "body": body[start:end], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _instead(fault: Fault) -> Answer | None:
    """The response of a fault that is the same for every service, such as that of a proxy."""
    match fault.kind:
        case "bad_gateway":
            return 502, {"content-type": "text/html"}, b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        case "garbage":
            return 200, {}, b'{"id": 1, "title": "an unfinished'
        case "redirect":
            return 302, {"location": fault.location}, b""
        case "huge":
            return 200, {}, b"[" + b" " * (64 * 1024 * 1024) + b"]"
        case _:
            return None


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    everything = {"content-type": "application/json; charset=utf-8", **headers, "content-length": str(len(body))}
    encoded: Sequence[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in everything.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})

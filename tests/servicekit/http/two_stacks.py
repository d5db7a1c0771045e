"""The same service behind two HTTP stacks, ours and the MCP SDK's own, called in process: the differential test's base.

Both run in one event loop, on one service and for one caller, so that an answer can only differ by the stack.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp, Message, Receive, Scope

from servicekit.auth.authenticator import Authenticator
from servicekit.http.app import http_app
from servicekit.server.service import Service

_SECONDS: Final = 10.0  # for one answer; a stack that does not end one is a defect


@dataclass(frozen=True, slots=True)
class Sent:
    """One HTTP request. Header names keep the client's spelling; ASGI servers lower it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    method: str = "POST"
    path: str = "/mcp"

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stack answered.

    Attributes:
        media_type: without parameters; empty without a body.
        messages: the JSON value of the body, or one for each event of a stream. Text that is not JSON stays text.
    """

    status: int
    media_type: str
    messages: tuple[Any, ...]
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TwoStacks:
    """Both stacks, running."""

    ours: ASGIApp
    sdk: ASGIApp

    async def answers(self, sent: Sent) -> tuple[Answer, Answer]:
        """What each answers: ours first."""
        return await answer(self.ours, sent), await answer(self.sdk, sent)


@asynccontextmanager
async def two_stacks(service: Service, credential: tuple[str, str]) -> AsyncIterator[TwoStacks]:
    """Run both stacks for the length of the block.

    Args:
        credential: the header that every request will have. The SDK's stack has no authentication: it gets the caller
            of this credential.
    """
    authenticator = Authenticator.from_settings(service.settings)
    ours = http_app(service, authenticator, {})
    async with _lifespan(ours):
        name, value = credential
        caller = await authenticator.authenticate({"headers": [(name.lower().encode(), value.encode())]})
        server, limit = service.sdk_server(caller), service.settings.max_body_bytes
        sessions = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=limit)
        async with sessions.run():
            yield TwoStacks(ours, sessions.handle_request)


@asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop an ASGI application, as a server does."""
    to_app, from_app = asyncio.Queue[Message](), asyncio.Queue[Message]()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    running = asyncio.create_task(_run(app, scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] != "lifespan.startup.complete":
        raise RuntimeError(started.get("message", "the application did not start"))
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await running


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Callable[[Message], Any]) -> None:
    await app(scope, receive, send)


def scope_of(sent: Sent) -> dict[str, Any]:
    """The ASGI scope of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": sent.path,
        "raw_path": sent.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


async def answer(app: ASGIApp, sent: Sent) -> Answer:
    """Send one request to an ASGI application, and read its whole answer."""
    scope = scope_of(sent)
    events: list[Message] = [{"type": "http.request", "body": sent.body, "more_body": False}]
    if sent.method != "POST":
        events.append({"type": "http.disconnect"})  # ends a stream that waits for notifications
    started: list[Message] = []
    body = bytearray()

    async def receive() -> Message:
        if not events:
            await asyncio.Event().wait()
        return events.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    try:
        async with asyncio.timeout(_SECONDS):
            await app(scope, receive, send)
    except Exception as error:  # a server answers 500 then
        return Answer(500, "", (repr(error),))
    if not started:
        return Answer(0, "", ("no response",))
    if len(started) > 1:
        raise AssertionError("two responses to one request")
    headers = tuple((name.decode().lower(), value.decode("latin-1")) for name, value in started[0].get("headers", ()))
    media_type = dict(headers).get("content-type", "").partition(";")[0] if body else ""
    return Answer(started[0]["status"], media_type, _messages(bytes(body), media_type), headers)


def _messages(body: bytes, media_type: str) -> tuple[Any, ...]:
    text = body.decode()
    if media_type == "text/event-stream":
        lines = [line.removeprefix("data: ") for line in text.split("\r\n") if line.startswith("data: ")]
        return tuple(json.loads(line) for line in lines)
    if media_type == "application/json":
        return (json.loads(text),)
    return (text,) if text else ()

"""The HTTP+SSE transport of revision 2024-11-05, for clients that know no other: `GET /sse` and `POST /messages`.

An adapter onto the MCP endpoint: each posted message passes the endpoint's stages, and what the endpoint answers is
sent on the client's stream. A stream is open in one process. Messages reach it from the other replicas through the
shared store, on one channel for each process; without a store only the process that has the stream takes messages.

A stream that breaks takes the answers of running calls with it, as it has no event ids; no message ends a running call.
"""

import asyncio
import json
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.asgi_scope import REQUEST_ID
from servicekit.core.caller import Caller
from servicekit.core.errors import Unavailable
from servicekit.core.health import Health
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.http.authentication import Authentication
from servicekit.http.head import Head, HeadRules
from servicekit.http.refusal import Refusal
from servicekit.http.responses import Response
from servicekit.storage.redis.store import RedisStore

PATHS: Final = frozenset({"/sse", "/messages"})
_logger = logging.getLogger(__name__)
_PING: Final = 15.0  # seconds without a message before a comment, so that proxies keep the connection open
_LOOK: Final = 1.0  # seconds between looks whether the server stops
_PROMPT: Final = 0.2
"""Seconds in which a message is refused with its own status; later ones are accepted, and answered on the stream."""
_MAX_LIFETIME: Final = 3600.0  # seconds; then the client opens another stream, and its credential is checked again
_MAX_UNSENT: Final = 1000  # messages of one stream; a client that reads none is disconnected
_RETRY: Final = 1.0  # seconds between attempts to reach the store
_SUBSCRIBE_TIMEOUT: Final = 5.0
_TAKEN: Final = (200, 202)
_EVENTS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]

Stream = asyncio.Queue[str | None]
"""The messages to send on one stream; None ends it."""


class SseTransport:
    """Serves `/sse` and `/messages` as an ASGI application.

    Args:
        endpoint: the MCP endpoint.
        store: what the replicas share; None for one process.
        keys: secrets that seal the addresses of streams, the same on every replica.
        most: open streams of this process, and of one caller.
    """

    def __init__(
        self,
        endpoint: ASGIApp,
        name: str,
        rules: HeadRules,
        authentication: Authentication,
        health: Health,
        store: RedisStore | None,
        keys: Sequence[bytes],
        most: tuple[int, int],
    ) -> None:
        self._endpoint, self._rules, self._authentication, self._health = endpoint, rules, authentication, health
        self._store, self._most = store, most
        self._sealer = TokenSealer(keys, "sse")
        self._prefix = f"mcp:{{{name}}}:sse:"
        self._process = secrets.token_hex(8)
        self._streams: dict[str, Stream] = {}
        self._open_by: Counter[str] = Counter()
        self._running = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Receive from the other replicas inside of the block."""
        receiving = asyncio.create_task(self._receive(self._store)) if self._store is not None else None
        try:
            yield
        finally:
            if receiving is not None:
                receiving.cancel()
            await asyncio.gather(*filter(None, (receiving, *self._running)), return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head(scope)
        scope[REQUEST_ID] = head.request_id
        expected = "GET" if head.path == "/sse" else "POST"
        try:
            self._rules.check(head)
            if head.method != expected:
                allow = ((b"allow", expected.encode()),)
                raise Refusal("method_not_allowed", f"Send {expected} to {head.path}.", allow)
            caller = await self._authentication.caller_of(head)
            if head.path == "/sse":
                await self._serve_stream(caller, receive, send)
            else:
                await self._take_message(caller, scope, receive, send)
        except Refusal as refusal:
            await Response(send, head, self._health).refuse(refusal)

    async def _serve_stream(self, caller: Caller, receive: Receive, send: Send) -> None:
        if len(self._streams) >= self._most[0] or self._open_by[caller.key] >= self._most[1]:
            await _plain(send, 503, "Too many open streams. Close one, or try again later.")
            return
        name = secrets.token_hex(8)
        stream = self._streams[name] = Stream(_MAX_UNSENT)
        self._open_by[caller.key] += 1
        address = self._sealer.seal(f"{self._process} {name}".encode(), caller.key.encode())
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
            await _chunk(send, _event("endpoint", f"/messages?session_id={address}"))
            await self._send_messages(stream, _end_of(caller), gone, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            del self._streams[name]
            self._open_by[caller.key] -= 1
            if not self._open_by[caller.key]:
                del self._open_by[caller.key]

    async def _send_messages(self, stream: Stream, until: float, gone: "asyncio.Task[None]", send: Send) -> None:
        quiet_since = time.monotonic()
        while not (gone.done() or self._health.shutting_down or time.monotonic() >= until):
            try:
                async with asyncio.timeout(_LOOK):
                    message = await stream.get()
            except TimeoutError:
                if time.monotonic() - quiet_since >= _PING:
                    await _chunk(send, b": ping\r\n\r\n")
                    quiet_since = time.monotonic()
                continue
            if message is None:
                return
            await _chunk(send, _event("message", message))
            quiet_since = time.monotonic()

    async def _take_message(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        (address, *_) = parse_qs(scope["query_string"].decode("latin-1")).get("session_id", [""])
        try:
            process, name = self._sealer.open(address, caller.key.encode()).decode().split()
        except InvalidToken:
            await _plain(send, 404, "This is no stream of yours. Open one with GET /sse.")
            return
        if process == self._process and name not in self._streams:
            await _plain(send, 404, "The stream has ended. Open another with GET /sse.")
            return
        if process != self._process and self._store is None:
            await _plain(send, 404, "The stream is open at another replica, and the replicas share no store.")
            return
        answer = _Answer(receive)
        call = asyncio.create_task(self._call(scope, answer, process, name))
        self._running.add(call)
        call.add_done_callback(self._running.discard)
        await answer.read.wait()
        await asyncio.wait({call}, timeout=_PROMPT)
        refused = answer.refusal if call.done() else None
        for message in refused or ({"type": "http.response.start", "status": 202, "headers": []}, _EMPTY):
            await send(message)

    async def _call(self, scope: Scope, answer: "_Answer", process: str, name: str) -> None:
        """Pass a message through the endpoint, and what it answers to the stream."""
        fields = [(field, value) for field, value in scope["headers"] if field != b"accept"]
        inner = {**scope, "path": "/mcp", "raw_path": b"/mcp", "query_string": b"", "headers": [*fields, _ACCEPT]}

        async def take(message: Message) -> None:
            for reply in answer.take(message):
                await self._deliver(process, name, reply)

        try:
            await self._endpoint(inner, answer.receive, take)
        finally:
            answer.read.set()

    async def _deliver(self, process: str, name: str, message: str) -> None:
        if process == self._process:
            self._put(name, message)
        elif self._store is not None:
            with suppress(Unavailable):  # logged by the store; the stream's own process ends the stream
                sent = self._store.publish(f"{self._prefix}{process}", json.dumps([name, message]))
                await self._store.run(sent, name="PUBLISH")

    def _put(self, name: str, message: str | None) -> None:
        stream = self._streams.get(name)
        if stream is None:
            return
        try:
            stream.put_nowait(message)
        except asyncio.QueueFull:
            while not stream.empty():
                stream.get_nowait()
            stream.put_nowait(None)

    async def _receive(self, store: RedisStore) -> None:
        """Take what the other replicas publish. Streams end when the connection is lost, as messages may be, too."""
        while True:
            try:
                async with store.subscriber() as subscriber:
                    async with asyncio.timeout(_SUBSCRIBE_TIMEOUT):
                        await subscriber.subscribe(f"{self._prefix}{self._process}")
                    while True:
                        name, message = json.loads(await subscriber.get())
                        self._put(name, message)
            except (Unavailable, TimeoutError) as error:
                if self._streams:
                    _logger.warning("old streams ended", extra={"reason": type(error).__name__})
            for name in self._streams:
                self._put(name, None)
            await asyncio.sleep(_RETRY)


_ACCEPT: Final = (b"accept", b"application/json, text/event-stream")
_EMPTY: Final[Message] = {"type": "http.response.body", "body": b""}


class _Answer:
    """The endpoint's answer to one message: JSON-RPC messages for the stream, or a refusal for the request itself.

    Attributes:
        read: the body of the message has arrived, or the endpoint wants none of it.
        refusal: the response to a request that never became a message, such as an OAuth challenge.
    """

    def __init__(self, receive: Receive) -> None:
        self.read = asyncio.Event()
        self.refusal: list[Message] | None = None
        self._receive = receive
        self._start: Message = {}
        self._text = b""

    async def receive(self) -> Message:
        """The request's body. The request ends before its call does, which is no reason to stop the call."""
        if self.read.is_set():
            await asyncio.Event().wait()
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self.read.set()
        return message

    def take(self, message: Message) -> list[str]:
        """The JSON-RPC messages that are complete with this part of the response."""
        if message["type"] == "http.response.start":
            self._start = message
            return []
        self._text += message.get("body", b"")
        fields: dict[bytes, bytes] = dict(self._start["headers"])
        if fields.get(b"content-type", b"").startswith(b"text/event-stream"):
            *events, self._text = self._text.split(b"\r\n\r\n")
            lines = (line for event in events for line in event.split(b"\r\n"))
            return [line.removeprefix(b"data: ").decode() for line in lines if line.startswith(b"data: ")]
        if message.get("more_body") or not self._text:
            return []
        if self._start["status"] not in _TAKEN and _has_no_id(self._text):
            self.refusal = [self._start, {"type": "http.response.body", "body": self._text}]
            return []
        return [json.dumps(json.loads(self._text))]  # in ASCII, as some clients also split streams at U+2028


def _has_no_id(text: bytes) -> bool:
    """Whether an error belongs to no request: its sender would not find it on the stream."""
    body: Any = json.loads(text)
    return not isinstance(body, dict) or body.get("id") is None


def _end_of(caller: Caller) -> float:
    """When the stream of a caller ends, on the monotonic clock."""
    left = _MAX_LIFETIME if caller.expires_at is None else min(_MAX_LIFETIME, caller.expires_at - time.time())
    return time.monotonic() + left


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(kind: str, data: str) -> bytes:
    return f"event: {kind}\r\ndata: {data}\r\n\r\n".encode()


async def _chunk(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _plain(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": words}).encode()})

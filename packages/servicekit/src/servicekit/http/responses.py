"""The response to one HTTP request: one JSON body, or an event stream once there is something to say before the end."""

import asyncio
import json
import math
from collections.abc import Iterable
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from starlette.types import Send

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.asgi_scope import SEND_WHOLE
from servicekit.core.health import Health
from servicekit.core.progress import SendProgress
from servicekit.http.head import Head
from servicekit.http.refusal import Refusal
from servicekit.mcp.encoding import dump, error_member, response
from servicekit.mcp.statuses import ReplyError, http_status

_JSON: Final = (b"content-type", b"application/json")
_EVENTS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_CLOSE: Final = (b"connection", b"close")

Headers = Iterable[tuple[bytes, bytes]]


class Response:
    """The response to one request.

    The head is sent together with the first bytes of the body. Until then a proxy can retry the request on another
    replica if this one dies.

    Attributes:
        can_stream: the client reads streams. HTTP/1.0 has no `Transfer-Encoding` (RFC 9112 §6.1): such a client gets no
            notifications.
        message_id: the JSON-RPC id, as far as the message was read.
        protocol_version: the revision of the message, as far as it is known.
        decision: the rate limit's decision, for headers.
    """

    __slots__ = (
        "_health",
        "_is_over",
        "_is_streaming",
        "_request_id",
        "_send",
        "_send_at_once",
        "_writing",
        "can_stream",
        "decision",
        "message_id",
        "protocol_version",
    )

    def __init__(self, send: Send, head: Head, health: Health) -> None:
        self._send = send
        # Taken out, since it refers to the scope: a reference cycle would be left to the garbage collector.
        unwrapped, at_once = head.scope.pop(SEND_WHOLE, (None, None))
        self._send_at_once = at_once if send == unwrapped else None
        self._request_id = head.request_id.encode()
        self._health = health
        self.can_stream = head.scope.get("http_version") != "1.0"
        self._writing: asyncio.Lock | None = None
        self._is_streaming = self._is_over = False
        self.message_id: types.RequestId | None = None
        self.protocol_version = ""
        self.decision: RateLimitDecision | None = None

    def set_decision(self, decision: RateLimitDecision) -> None:
        """Take the rate limit's decision."""
        self.decision = decision

    async def accept(self) -> None:
        """Acknowledge a notification: 202, without a body."""
        await self._end(202, b"", ())

    async def result(self, encoded: bytes) -> None:
        """Send the result of a request, as JSON or as the last event of the stream."""
        await self._finish(200, response(self.message_id, "result", encoded))

    async def fail(self, error: MCPError) -> None:
        """Send a JSON-RPC error in reply to a request."""
        wait = error.reply.retry_after if isinstance(error, ReplyError) else None
        headers = ((b"retry-after", b"%d" % math.ceil(wait)),) if wait is not None else ()
        await self._error(http_status(error, self.protocol_version), error, headers)

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal: a JSON-RPC error, or an OAuth challenge (RFC 6750 §3.1)."""
        status = refusal.status.http or 400
        if refusal.oauth is not None:
            await self._finish(status, dump(refusal.oauth), refusal.headers)
            return
        self.message_id = self.message_id if refusal.message_id is None else refusal.message_id
        await self._error(status, MCPError(refusal.status.code, refusal.message), refusal.headers)

    def progress_to(self, token: types.ProgressToken | None) -> SendProgress | None:
        """A function that sends progress; None for a client that did not ask for it with a token."""
        if token is None:
            return None

        async def report(progress: float, total: float | None = None, message: str | None = None) -> None:
            members = {"progressToken": token, "progress": progress, "total": total, "message": message}
            params = {name: value for name, value in members.items() if value is not None}
            await self._notify("notifications/progress", params)

        return report

    async def notify(self, notification: types.ServerNotification) -> None:
        """Send a notification, which makes the response an event stream."""
        params = notification.params
        dumped = params.model_dump(mode="json", by_alias=True, exclude_none=True) if params is not None else {}
        await self._notify(notification.method, dumped)

    async def _notify(self, method: str, params: dict[str, Any]) -> None:
        await self._frame(_event(dump({"jsonrpc": "2.0", "method": method, "params": params})))

    async def ping(self) -> None:
        """Send a comment, which makes the response an event stream."""
        await self._frame(b": ping\r\n\r\n")

    async def _error(self, status: int, error: MCPError, headers: Headers) -> None:
        await self._finish(status, response(self.message_id, "error", error_member(error)), headers)

    async def _finish(self, status: int, body: bytes, headers: Headers = ()) -> None:
        await self._end(status, body, (_JSON, *headers))

    async def _end(self, status: int, body: bytes, headers: Headers) -> None:
        """Send the whole response, or the last event of the stream. Frames of other tasks are dropped from now on."""
        self._is_over = True
        if self._writing is None:
            await self._send_whole(status, body, headers)
            return
        async with self._writing:
            if self._is_streaming:
                await self._send({"type": "http.response.body", "body": _event(body), "more_body": False})
            else:  # the head of the stream was not sent in time
                await self._send_whole(status, body, headers)

    async def _send_whole(self, status: int, body: bytes, headers: Headers) -> None:
        fields = [*headers, (b"content-length", b"%d" % len(body)), *self._common_headers()]
        if self._send_at_once is not None and self._send_at_once(status, fields, body):
            return
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _frame(self, frame: bytes) -> None:
        """Send one frame of the stream, after the head. Several tasks send frames, and each can be cancelled."""
        if self._writing is None:
            self._writing = asyncio.Lock()
        async with self._writing:
            if self._is_over or not self.can_stream:
                return
            if not self._is_streaming:
                head = [*_EVENTS, *self._common_headers()]
                await self._send({"type": "http.response.start", "status": 200, "headers": head})
                self._is_streaming = True
            await self._send({"type": "http.response.body", "body": frame, "more_body": True})

    def _common_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every response."""
        headers = [] if self.decision is None else self.decision.headers
        headers.append((b"x-request-id", self._request_id))
        if self._health.shutting_down:
            headers.append(_CLOSE)
        return headers


def _event(encoded: bytes) -> bytes:
    """One frame of the stream, in ASCII: some clients also split streams at U+2028 and similar characters."""
    data = encoded if encoded.isascii() else json.dumps(json.loads(encoded)).encode()
    return b"event: message\r\ndata: " + data + b"\r\n\r\n"

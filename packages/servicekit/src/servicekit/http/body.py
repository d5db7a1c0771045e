"""Request bodies: one JSON-RPC message, read within bounds of time and size. Runs after authentication."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.asgi_scope import MESSAGE
from servicekit.core.strict_json import NotStrictJson, parse
from servicekit.http.responses import protocol_error
from servicekit.settings.service import ServiceSettings

_METHOD: Final = re.compile(r"[A-Za-z0-9_./\-]{1,128}")
_CLOSE: Final = {"Connection": "close"}
_PARSE_ERROR: Final = -32700


class BodyMiddleware:
    """Reads and checks the JSON-RPC message of a request, puts it into the ASGI scope, and replays the body."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._max_bytes = settings.max_body_bytes
        self._timeout = settings.body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            # GET streams and DELETE belong to sessions (revisions before 2026-07-28), which this server does not keep.
            await protocol_error(405, "Send MCP messages with POST.", {"Allow": "POST"})(scope, receive, send)
            return
        outcome = await self._read(scope, receive)
        if isinstance(outcome, Response):
            await outcome(scope, receive, send)
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()  # only a disconnect can follow
            replayed = True
            return {"type": "http.request", "body": outcome, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | Response:
        headers = dict(scope["headers"])
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if media_type != b"application/json":
            return protocol_error(415, "Send Content-Type: application/json.")
        # The connection stays open: a reset would reach a client that is still sending before this response.
        too_large = protocol_error(413, f"The body is larger than {self._max_bytes} bytes.")
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._max_bytes:
            return too_large
        try:
            async with asyncio.timeout(self._timeout):
                body = await _collect(receive, self._max_bytes)
        except TimeoutError:
            return protocol_error(408, f"The body did not arrive within {self._timeout:g} s.", _CLOSE)
        if body is None:
            return too_large
        try:
            message = parse(body)
        except NotStrictJson as error:
            return protocol_error(400, str(error), code=_PARSE_ERROR)
        problem = _envelope_problem(message)
        if problem:
            return protocol_error(400, problem)
        scope[MESSAGE] = message
        return body


async def _collect(receive: Receive, max_bytes: int) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # the client disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _envelope_problem(message: Any) -> str | None:
    """Why a value is not one JSON-RPC 2.0 message, without quoting it; None where it is one."""
    if not isinstance(message, dict):
        return "Send one JSON-RPC message as an object. MCP has no batches."
    if message.get("jsonrpc") != "2.0":
        return 'jsonrpc must be "2.0".'
    if "id" in message and (not isinstance(message["id"], str | int) or isinstance(message["id"], bool)):
        return "id must be a string or an integer."
    if "method" in message:
        if not isinstance(message["method"], str):
            return "method must be a string."
        if _METHOD.fullmatch(message["method"]) is None:  # the SDK quotes unknown names in its errors
            return "method must be a plain name of at most 128 characters, such as tools/call."
        if not isinstance(message.get("params", {}), Mapping):
            return "params must be an object."
        return None
    return None if "result" in message or "error" in message else "method is missing."

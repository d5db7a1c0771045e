"""Tool calls over HTTP without the SDK's sessions and streams (ADR 0007). Plain ASGI.

The SDK creates a connection, a session, streams and tasks for every message and validates every result again, which
costs more than most calls. The SDK's own functions still validate the request here. Requests that they reject are
passed to the SDK, which makes the error response.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import mcp_types as types
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    x_mcp_header_map,
)
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params
from mcp_types.methods import validate_client_request
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.core.asgi_scope import MESSAGE
from servicekit.core.deadline import Deadlines
from servicekit.mcp.messages import Message
from servicekit.mcp.server import McpServer
from servicekit.registry.registry import Registry

_METHOD: Final = "tools/call"
_MEMBERS: Final = {"jsonrpc", "id", "method", "params"}
_PARAMETER: Final = MCP_PARAM_HEADER_PREFIX.lower()
_LEGACY: Final = frozenset({"2025-06-18", "2025-11-25"})
"""Earlier revisions with the same result format. Calls in older ones go to the SDK, which adapts results to them."""
_PING_INTERVAL: Final = 15.0
"""Seconds without output after which a comment is sent, so that proxies keep the connection open."""
_JSON: Final = [(b"content-type", b"application/json")]
_EVENTS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class DirectCalls:
    """Runs valid tool calls directly and passes all other requests to the SDK."""

    def __init__(self, app: ASGIApp, mcp: McpServer, registry: Registry, deadlines: Deadlines) -> None:
        self._app = app
        self._mcp = mcp
        self._deadlines = deadlines
        # Calls with arguments that are mirrored in headers are left to the SDK, which compares both.
        self._tools = {name for name, tool in registry.tools.items() if not x_mcp_header_map(tool.arguments.schema)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        request = Request(scope)
        version = self._version(message, request)
        params = _params(message, version) if version is not None else None
        if version is None or params is None:
            await self._app(scope, receive, send)
            return
        await receive()  # the body, whose message is in the scope
        response = _CallResponse(send, message["id"], progress_token_from_params(message["params"]))
        received = Message(
            _METHOD,
            message["params"],
            message["id"],
            version,
            message["params"].get("_meta") or {},
            scope,
            response.report_progress,
        )
        call = asyncio.current_task()
        if call is None:
            raise RuntimeError("a call runs in a task")
        watch = asyncio.create_task(response.watch(receive, call, self._deadlines))
        try:
            status, outcome = await self._outcome(received, params)
            watch.cancel()
            await response.finish(status, outcome)
        except asyncio.CancelledError:
            if not response.is_cancelled:
                raise
        finally:
            watch.cancel()
            if response.is_cancelled:
                call.uncancel()

    def _version(self, message: Mapping[str, Any], request: Request) -> str | None:
        """The protocol revision of a well-formed tool call, or None."""
        params = message.get("params")
        if message.get("method") != _METHOD or message.keys() != _MEMBERS or not isinstance(params, dict):
            return None
        name = params.get("name")
        if not isinstance(name, str) or name not in self._tools:
            return None
        headers = dict(request.headers)
        if (
            not all(check_accept_headers(request))
            or find_duplicated_routing_header(request.headers.items()) is not None
            or any(header.startswith(_PARAMETER) for header in headers)
        ):
            return None
        version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
        if version in MODERN_PROTOCOL_VERSIONS:
            is_valid = isinstance(classify_inbound_request(message, headers=headers), InboundModernRoute)
        else:
            meta = params.get("_meta", {})
            is_valid = version in _LEGACY and isinstance(meta, dict) and types.PROTOCOL_VERSION_META_KEY not in meta
        return version if is_valid else None

    async def _outcome(self, message: Message, params: types.CallToolRequestParams) -> tuple[int, dict[str, Any]]:
        """The HTTP status, and the `result` or `error` member of the JSON-RPC response."""
        is_modern = message.protocol_version in MODERN_PROTOCOL_VERSIONS
        try:
            result = await self._mcp.call_tool(message, params)
        except MCPError as error:
            status = ERROR_CODE_HTTP_STATUS.get(error.error.code, 200) if is_modern else 200
            return status, {"error": error.error.model_dump(mode="json", by_alias=True, exclude_none=True)}
        except Exception:  # a bug outside the pipeline, which the MCP server has logged
            return 200, {"error": {"code": types.INTERNAL_ERROR, "message": "Internal server error"}}
        return 200, {"result": result}


class _CallResponse:
    """The response to one call: JSON, or an event stream after progress or `_PING_INTERVAL` without output."""

    def __init__(self, send: Send, request_id: str | int, token: str | int | None) -> None:
        self._send = send
        self._request_id = request_id
        self._token = token
        self._writing = asyncio.Lock()
        self._is_streaming = False
        self.is_cancelled = False
        """Whether the call was cancelled because the client disconnected."""

    async def report_progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Send a progress notification, if the client requested progress."""
        if self._token is None:
            return
        members = {"progressToken": self._token, "progress": progress, "total": total, "message": message}
        params = {name: value for name, value in members.items() if value is not None}
        await self._event({"method": "notifications/progress", "params": params})

    async def watch(self, receive: Receive, call: asyncio.Task[Any], deadlines: Deadlines) -> None:
        """Send pings, and cancel the call when the client disconnects, unless it is committing."""
        while True:
            try:
                async with asyncio.timeout(_PING_INTERVAL):
                    event = await receive()
            except TimeoutError:
                await self._write(b": ping\r\n\r\n")
                continue
            if event["type"] == "http.disconnect":
                self.is_cancelled = deadlines.can_be_stopped(call)
                if self.is_cancelled:
                    call.cancel()
                return

    async def finish(self, status: int, outcome: Mapping[str, Any]) -> None:
        """Send the JSON-RPC response."""
        message = {"id": self._request_id, **outcome}
        if self._is_streaming:
            await self._event(message, is_last=True)
            return
        body = _serialise(message)
        headers = [*_JSON, (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _event(self, message: Mapping[str, Any], *, is_last: bool = False) -> None:
        # ASCII only: some clients also split event streams at U+2028 and similar characters.
        data = _serialise(message, in_ascii=True)
        await self._write(b"event: message\r\ndata: " + data + b"\r\n\r\n", is_last=is_last)

    async def _write(self, frame: bytes, *, is_last: bool = False) -> None:
        """Send one frame of the stream, after the head. Two tasks send frames."""
        async with self._writing:
            if not self._is_streaming:
                await self._send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
                self._is_streaming = True
            await self._send({"type": "http.response.body", "body": frame, "more_body": not is_last})


def _params(message: Mapping[str, Any], version: str) -> types.CallToolRequestParams | None:
    """The parameters of a call; None where they are invalid in this revision."""
    with suppress(ValidationError):
        validate_client_request(_METHOD, version, message["params"])
        return types.CallToolRequestParams.model_validate(message["params"], by_name=False)
    return None


def _serialise(message: Mapping[str, Any], *, in_ascii: bool = False) -> bytes:
    """A JSON-RPC message as JSON, with null for NaN and infinity."""
    whole = {"jsonrpc": "2.0", **message}
    try:
        return to_json(whole, inf_nan_mode="null", ensure_ascii=in_ascii)
    except PydanticSerializationError:  # a lone surrogate: escaped in JSON, impossible in UTF-8
        return json.dumps(whole).encode()

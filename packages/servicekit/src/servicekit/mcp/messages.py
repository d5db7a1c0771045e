"""MCP messages as plain values, independent of the transport: caller, client, capabilities, trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.types import Scope

from servicekit.core.asgi_scope import CALLER, DEFERRED_SPANS, MESSAGE, RATE_LIMIT_DECISION, REQUEST_ID, SLOT
from servicekit.core.caller import Caller
from servicekit.core.deadline import requested_timeout
from servicekit.core.progress import SendProgress
from servicekit.pipeline.confirmation import CONFIRMATION, is_confirmed
from servicekit.pipeline.operation_span import RequestMetadata
from servicekit.pipeline.request import RequestInfo

_MAX_VERSION_LENGTH: Final = 20  # characters
_MAX_ID_LENGTH: Final = 100  # characters of a JSON-RPC id on a span

Context = ServerRequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client.

    Attributes:
        params: the parameters, as they were sent.
        request_id: the JSON-RPC id; None for a notification.
        meta: `_meta` of the parameters.
        scope: the ASGI scope of the HTTP request that carried it; None over stdio and in memory.
        progress: sends progress to the client.
    """

    method: str
    params: Mapping[str, Any]
    request_id: str | int | None
    protocol_version: str
    meta: Mapping[str, Any]
    scope: Scope | None
    progress: SendProgress

    @property
    def caller(self) -> Caller | None:
        """The authenticated caller of the HTTP request."""
        caller: Caller | None = self.scope[CALLER] if self.scope is not None else None
        return caller

    def from_scope(self, key: str) -> Any:
        """The value of an ASGI scope key (`servicekit.core.asgi_scope`); None without an HTTP request."""
        return self.scope.get(key) if self.scope is not None else None


def message_of(context: Context) -> Message:
    """The message of an SDK request context."""
    return Message(
        context.method,
        context.params or {},
        context.request_id,
        context.protocol_version,
        context.meta or {},
        context.request.scope if context.request is not None else None,
        context.session.report_progress,
    )


def metadata_of(message: Message) -> RequestMetadata:
    """Trace context and span attributes of a message."""
    if message.scope is not None:
        return metadata_of_scope(message.scope)
    attributes = {"network.transport": "pipe"}
    if message.request_id is not None:
        attributes["jsonrpc.request.id"] = str(message.request_id)
    return RequestMetadata((message.meta,), attributes=attributes)


def metadata_of_scope(scope: Scope) -> RequestMetadata:
    """Trace context and span attributes of the message in an HTTP request, once `BodyMiddleware` has read it."""
    message: Mapping[str, Any] = scope.get(MESSAGE, {})
    headers = _headers(scope, b"traceparent", b"tracestate")
    attributes = {
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    if "id" in message:
        attributes["jsonrpc.request.id"] = str(message["id"])[:_MAX_ID_LENGTH]
    # The message's own context first: a proxy may have started another trace in the headers (conventions, mcp.md).
    return RequestMetadata((_meta(message), headers), scope.get(DEFERRED_SPANS), attributes)


def request_info(message: Message, params: types.InputResponseRequestParams | None) -> RequestInfo:
    """What the pipeline needs of a message besides the operation and its arguments.

    Raises:
        MCPError: the requested timeout is malformed.
    """
    given = (params.input_responses if params is not None else None) or {}
    responses = {
        name: response.model_dump(mode="json", by_alias=True, exclude_none=True) for name, response in given.items()
    }
    return RequestInfo(
        request_id=_request_id(message),
        protocol_version=message.protocol_version,
        client=_client(message),
        input_capabilities=_input_capabilities(message),
        state=params.request_state if params is not None else None,
        confirmed=is_confirmed(responses.get(CONFIRMATION, {})),
        input_responses=responses,
        decision=message.from_scope(RATE_LIMIT_DECISION),
        slot=message.from_scope(SLOT),
        timeout=_timeout(message.meta),
        progress=message.progress,
    )


def sender_of(message: Message) -> RequestInfo:
    """The sender of a message that became no call."""
    return RequestInfo(_request_id(message), message.protocol_version, _client(message))


def sender_of_scope(scope: Scope) -> RequestInfo:
    """The sender of a message that a middleware refuses."""
    headers = _headers(scope, b"user-agent", b"mcp-protocol-version")
    version = headers.get("mcp-protocol-version", "")[:_MAX_VERSION_LENGTH]
    client = _client_name(_meta(scope.get(MESSAGE, {})), headers.get("user-agent", ""))
    return RequestInfo(scope[REQUEST_ID], version, client)


def _timeout(meta: Mapping[str, Any]) -> float | None:
    try:
        return requested_timeout(meta)
    except ValueError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from None


def _input_capabilities(message: Message) -> frozenset[str]:
    """The input requests that the client answers: a modern client declares them with each request."""
    capabilities = message.meta.get(types.CLIENT_CAPABILITIES_META_KEY)
    if message.protocol_version not in MODERN_PROTOCOL_VERSIONS or not isinstance(capabilities, Mapping):
        return frozenset()
    declared = {name for name in ("elicitation", "sampling", "roots") if isinstance(capabilities.get(name), Mapping)}
    # An empty declaration means forms (MCP 2025-11-25, elicitation capabilities).
    if (elicitation := capabilities.get("elicitation")) and "form" not in elicitation:
        declared.discard("elicitation")
    return frozenset(declared)


def _request_id(message: Message) -> str:
    return message.from_scope(REQUEST_ID) or uuid4().hex


def _client(message: Message) -> str:
    user_agent = _headers(message.scope, b"user-agent").get("user-agent", "") if message.scope is not None else ""
    return _client_name(message.meta, user_agent)


def _client_name(meta: Mapping[str, Any], user_agent: str) -> str:
    """The name and version that the client states, or its User-Agent."""
    stated = meta.get(types.CLIENT_INFO_META_KEY)
    text = f"{stated.get('name', '')}/{stated.get('version', '')}" if isinstance(stated, Mapping) else user_agent
    return "".join(character for character in text[:80] if character.isprintable())


def _meta(message: Mapping[str, Any]) -> Mapping[str, Any]:
    params = message.get("params")  # validated where there is a method; a response may have anything there
    meta = params.get("_meta") if isinstance(params, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _headers(scope: Scope, *wanted: bytes) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in wanted}

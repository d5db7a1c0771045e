"""What a message says besides what it asks for: who made it with which client, what that client can do, which trace."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.types import Scope

from servicekit.core.asgi_scope import DEFERRED_SPANS, MESSAGE, RATE_LIMIT_DECISION, REQUEST_ID, SLOT
from servicekit.core.deadline import requested_timeout
from servicekit.pipeline.confirmation import CONFIRMATION, is_confirmed
from servicekit.pipeline.operation_span import RequestMetadata
from servicekit.pipeline.request import RequestInfo

_LONGEST_VERSION: Final = 20  # characters
_LONGEST_ID: Final = 100  # characters of a JSON-RPC id on a span

Context = ServerRequestContext[Any, Any]


def metadata_of(context: Context) -> RequestMetadata:
    """What is known of a message when it comes in, for its span."""
    if context.request is not None:
        return metadata_of_scope(context.request.scope)
    attributes = {"network.transport": "pipe"}
    if context.request_id is not None:
        attributes["jsonrpc.request.id"] = str(context.request_id)
    return RequestMetadata((context.meta or {},), attributes=attributes)


def request_info(context: Context, params: types.InputResponseRequestParams | None) -> RequestInfo:
    """What the pipeline wants to know of a message besides the operation and its arguments.

    Raises:
        MCPError: some of it cannot be understood.
    """
    meta: Mapping[str, Any] = context.meta or {}
    given = (params.input_responses if params is not None else None) or {}
    answers = {name: answer.model_dump(mode="json", by_alias=True, exclude_none=True) for name, answer in given.items()}
    return RequestInfo(
        request_id=_request_id(context),
        protocol_version=context.protocol_version,
        client=_client(context),
        input_capabilities=_can_be_asked(context, meta),
        state=params.request_state if params is not None else None,
        confirmed=is_confirmed(answers.get(CONFIRMATION, {})),
        input_responses=answers,
        decision=context.request.scope.get(RATE_LIMIT_DECISION) if context.request is not None else None,
        slot=context.request.scope.get(SLOT) if context.request is not None else None,
        timeout=_timeout(meta),
        progress=context.session.report_progress,
    )


def sender_info(context: Context) -> RequestInfo:
    """What is known of a message that became no call: who sent it."""
    return RequestInfo(_request_id(context), context.protocol_version, _client(context))


def _timeout(meta: Mapping[str, Any]) -> float | None:
    try:
        return requested_timeout(meta)
    except ValueError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from None


def _can_be_asked(context: Context, meta: Mapping[str, Any]) -> frozenset[str]:
    """What the client can be asked for in the middle of a call: a modern one says so with each request."""
    capabilities = meta.get(types.CLIENT_CAPABILITIES_META_KEY)
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS or not isinstance(capabilities, Mapping):
        return frozenset()
    declared = {name for name in ("elicitation", "sampling", "roots") if isinstance(capabilities.get(name), Mapping)}
    # An empty declaration means forms (MCP 2025-11-25, elicitation capabilities).
    if (elicitation := capabilities.get("elicitation")) and "form" not in elicitation:
        declared.discard("elicitation")
    return frozenset(declared)


def _request_id(context: Context) -> str:
    return context.request.scope[REQUEST_ID] if context.request is not None else uuid4().hex


def _client(context: Context) -> str:
    return _client_of(context.meta or {}, context.request.headers.get("user-agent", "") if context.request else "")


def metadata_of_scope(scope: Scope) -> RequestMetadata:
    """The message of a request, once it has passed `BodyGuard`."""
    message: Mapping[str, Any] = scope.get(MESSAGE, {})
    headers = _headers(scope, b"traceparent", b"tracestate")
    attributes = {
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    if "id" in message:
        attributes["jsonrpc.request.id"] = str(message["id"])[:_LONGEST_ID]
    # The message's own context first: a proxy between may have begun another in the headers (conventions, mcp.md).
    return RequestMetadata((_meta(message), headers), scope.get(DEFERRED_SPANS), attributes)


def sender_of(scope: Scope) -> RequestInfo:
    """What is known of a message that a middleware refuses: its request, revision and client."""
    headers = _headers(scope, b"user-agent", b"mcp-protocol-version")
    version = headers.get("mcp-protocol-version", "")[:_LONGEST_VERSION]
    client = _client_of(_meta(scope.get(MESSAGE, {})), headers.get("user-agent", ""))
    return RequestInfo(scope[REQUEST_ID], version, client)


def _client_of(meta: Mapping[str, Any], user_agent: str) -> str:
    """The client software, as it says itself."""
    stated = meta.get(types.CLIENT_INFO_META_KEY)
    text = f"{stated.get('name', '')}/{stated.get('version', '')}" if isinstance(stated, Mapping) else user_agent
    return "".join(character for character in text[:80] if character.isprintable())


def _meta(message: Mapping[str, Any]) -> Mapping[str, Any]:
    params = message.get("params")  # checked where there is a method; an answer may have anything there
    meta = params.get("_meta") if isinstance(params, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _headers(scope: Scope, *wanted: bytes) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in wanted}

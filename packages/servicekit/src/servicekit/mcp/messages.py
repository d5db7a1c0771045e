"""MCP messages as plain values, independent of the transport: caller, client, capabilities, trace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.methods import validate_client_request
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.caller import Caller
from servicekit.core.deadline import requested_timeout
from servicekit.core.progress import SendProgress
from servicekit.pipeline.confirmation import CONFIRMATION, is_confirmed
from servicekit.pipeline.operation_span import RequestMetadata
from servicekit.pipeline.request import RequestInfo
from servicekit.telemetry.redaction import outside_id
from servicekit.telemetry.spans import DeferredSpans

MAX_VERSION_LENGTH: Final = 20
"""Characters of a protocol revision that the client states."""
_MAX_ID_LENGTH: Final = 100  # characters of a JSON-RPC id on a span
_MAX_CLIENT_LENGTH: Final = 80  # characters of a client's name and version

Context = ServerRequestContext[Any, Any]
Notify = Callable[[types.ServerNotification], Any]


@dataclass(slots=True)
class Carrier:
    """What a transport knows about the messages that it carries.

    Attributes:
        request_id: names the HTTP request, or this message, in logs and in the response's headers.
        user_agent: the client's software, where the message does not state it.
        trace_context: W3C trace headers (`traceparent`, `tracestate`).
        attributes: `network.*` attributes of the message's span.
        deferred: spans of the work done before the message was read.
        on_decision: takes the rate limit's decision, for the headers of an HTTP response.
        over_http: the message has an HTTP response, with a status.
    """

    request_id: str
    attributes: Mapping[str, str]
    user_agent: str = ""
    trace_context: Mapping[str, str] = field(default_factory=dict[str, str])
    deferred: DeferredSpans | None = None
    on_decision: Callable[[RateLimitDecision], None] | None = None
    over_http: bool = False


@dataclass(slots=True)
class Message:
    """One request of a client.

    Attributes:
        params: the parameters, as they were sent; valid in this revision.
        id: the JSON-RPC id.
        progress: sends progress to the client; None where it did not ask for it.
        notify: sends a notification to the client, on the stream of this message.
    """

    method: str
    params: Mapping[str, Any]
    id: types.RequestId
    protocol_version: str
    caller: Caller | None
    carrier: Carrier
    progress: SendProgress | None
    notify: Notify

    @property
    def meta(self) -> Mapping[str, Any]:
        """`_meta` of the parameters."""
        return meta_of(self.params)

    @property
    def is_modern(self) -> bool:
        """Whether the revision is 2026-07-28 or later."""
        return self.protocol_version in MODERN_PROTOCOL_VERSIONS


PIPE: Final = Carrier("", {"network.transport": "pipe"})
"""Stdio, and connections in memory."""


def message_of(context: Context, caller: Caller | None) -> Message:
    """The message of an SDK request context, over stdio or in memory."""
    request_id = context.request_id
    if request_id is None:
        raise MCPError(types.INVALID_REQUEST, "This method needs an id: it has a result.")

    async def notify(notification: types.ServerNotification) -> None:
        await context.session.send_notification(notification, related_request_id=request_id)

    return Message(
        context.method,
        context.params or {},
        request_id,
        context.protocol_version,
        caller,
        replace(PIPE, request_id=uuid4().hex),
        context.session.report_progress,
        notify,
    )


def check_params(method: str, protocol_version: str, params: Mapping[str, Any] | None) -> None:
    """Validate the parameters of a request as the SDK does.

    Raises:
        MCPError: the revision has no such method, or the parameters are invalid.
    """
    try:
        validate_client_request(method, protocol_version, params)
    except KeyError:
        raise unknown_method(method) from None
    except ValidationError:
        raise MCPError(types.INVALID_PARAMS, "Invalid request parameters", "") from None


def unknown_method(method: str) -> MCPError:
    """The error of a method that is not served."""
    return MCPError(types.METHOD_NOT_FOUND, f"Method not found{_INSTEAD.get(method, '')}", method)


_INSTEAD: Final = {
    "subscriptions/listen": ": this server does not report changes. Read a resource again when you need its state."
}
"""What to do instead of methods that some servers of a fleet serve, and others do not."""


def meta_of(params: object) -> Mapping[str, Any]:
    """`_meta` of parameters that may be invalid; empty where there is none."""
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}


def span_metadata(carrier: Carrier, meta: Mapping[str, Any], message_id: object) -> RequestMetadata:
    """Trace context and span attributes of a message."""
    attributes = dict(carrier.attributes)
    if message_id is not None:
        attributes["jsonrpc.request.id"] = outside_id(str(message_id), _MAX_ID_LENGTH)
    # The message's own context first: a proxy may have started another trace in the headers (conventions, mcp.md).
    return RequestMetadata((meta, carrier.trace_context), carrier.deferred, attributes)


def request_info(message: Message) -> RequestInfo:
    """What the pipeline needs of a message besides the operation and its arguments.

    Raises:
        MCPError: the requested timeout is malformed.
    """
    carrier, meta = message.carrier, message.meta
    version, client, timeout = message.protocol_version, client_name(meta, carrier.user_agent), _timeout(meta)
    if not message.is_modern:
        return RequestInfo(
            carrier.request_id,
            version,
            client,
            on_decision=carrier.on_decision,
            timeout=timeout,
            progress=message.progress,
        )
    given = message.params.get("inputResponses")
    responses = _input_responses(message) if given else {}
    return RequestInfo(
        request_id=carrier.request_id,
        protocol_version=version,
        client=client,
        input_capabilities=_input_capabilities(meta),
        state=message.params.get("requestState"),
        confirmed=is_confirmed(responses.get(CONFIRMATION, {})),
        input_responses=responses,
        on_decision=carrier.on_decision,
        timeout=timeout,
        progress=message.progress,
    )


def sender(carrier: Carrier, protocol_version: str, meta: Mapping[str, Any]) -> RequestInfo:
    """The sender of a message that became no call."""
    return RequestInfo(
        carrier.request_id or uuid4().hex,
        outside_id(protocol_version, MAX_VERSION_LENGTH),
        client_name(meta, carrier.user_agent),
    )


def client_name(meta: Mapping[str, Any], user_agent: str) -> str:
    """The name and version that the client states, or its User-Agent."""
    stated = meta.get(types.CLIENT_INFO_META_KEY)
    if not isinstance(stated, Mapping):
        return outside_id(user_agent, _MAX_CLIENT_LENGTH)
    name, version = (outside_id(str(stated.get(part, "")), _MAX_CLIENT_LENGTH) for part in ("name", "version"))
    return f"{name}/{version}"[:_MAX_CLIENT_LENGTH]


def _input_responses(message: Message) -> dict[str, Any]:
    given = {"inputResponses": message.params["inputResponses"]}  # the rest is validated, and may hold a null
    params = types.InputResponseRequestParams.model_validate(given, by_name=False)
    return {
        name: response.model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, response in (params.input_responses or {}).items()
    }


def _timeout(meta: Mapping[str, Any]) -> float | None:
    try:
        return requested_timeout(meta)
    except ValueError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from None


def _input_capabilities(meta: Mapping[str, Any]) -> frozenset[str]:
    """The input requests that the client answers: a modern client declares them with each request."""
    capabilities = meta.get(types.CLIENT_CAPABILITIES_META_KEY)
    if not capabilities or not isinstance(capabilities, Mapping):
        return frozenset()
    declared = {name for name in ("elicitation", "sampling", "roots") if isinstance(capabilities.get(name), Mapping)}
    # An empty declaration means forms (MCP 2025-11-25, elicitation capabilities).
    if (elicitation := capabilities.get("elicitation")) and "form" not in elicitation:
        declared.discard("elicitation")
    return frozenset(declared)

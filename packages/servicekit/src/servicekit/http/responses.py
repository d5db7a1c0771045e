"""Responses to messages that a middleware refuses, with their spans and log lines."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from servicekit.core.asgi_scope import MESSAGE
from servicekit.core.caller import Caller
from servicekit.core.errors import Outcome
from servicekit.mcp.messages import metadata_of_scope, sender_of_scope
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.operation_span import operation_span
from servicekit.pipeline.request import Reply
from servicekit.registry.operation import Operation

_INVALID_REQUEST: Final = -32600


@contextmanager
def record_refusal(
    scope: Scope, operation: Operation | None, outcome: Outcome, caller: Caller, log: CallLog
) -> Iterator[None]:
    """Open the span and write the access-log line of a message refused before the pipeline. Respond in the block."""
    message: Mapping[str, Any] = scope.get(MESSAGE, {})
    request = sender_of_scope(scope)
    with operation_span(message.get("method", ""), operation, metadata_of_scope(scope)) as span:
        span.set_caller(caller, request.protocol_version)
        span.set_reply(Reply(outcome, ""))
        log.refused(caller, request, span)
        yield


def protocol_error(
    status: int,
    message: str,
    headers: Mapping[str, str] | None = None,
    code: int = _INVALID_REQUEST,
    request_id: object = None,
) -> Response:
    """A JSON-RPC error response to a request refused before the SDK. `request_id` is the JSON-RPC id, if known."""
    body = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
    return JSONResponse(body, status, headers)

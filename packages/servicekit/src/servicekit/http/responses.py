"""What an HTTP request says about the message in it, for its span: where the trace began, and what was done already."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import mcp_types as types
from starlette.types import Scope

from servicekit.core.caller import Caller
from servicekit.http.body import MESSAGE, REQUEST_ID
from servicekit.pipeline.operation_span import Arrival, exchange
from servicekit.pipeline.request import Outcome, Reply, RequestInfo
from servicekit.registry.operation import Operation
from servicekit.telemetry.logs import CallLog

TIMELINE: Final = "fleet.timeline"
"""Scope key of the `Timeline` of what comes before the call."""
_LONGEST_VERSION: Final = 20  # characters
_LONGEST_ID: Final = 100  # characters of a JSON-RPC id on a span


def arrival(scope: Scope) -> Arrival:
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
    return Arrival((_meta(message), headers), scope.get(TIMELINE), attributes)


@contextmanager
def refused(
    scope: Scope, operation: Operation | None, outcome: Outcome, caller: Caller, log: CallLog
) -> Iterator[None]:
    """Answer, inside the block, a message that a gate turns away: an exchange and a line like any other's."""
    message: Mapping[str, Any] = scope.get(MESSAGE, {})
    headers = _headers(scope, b"user-agent", b"mcp-protocol-version")
    version = headers.get("mcp-protocol-version", "")[:_LONGEST_VERSION]
    request = RequestInfo(scope[REQUEST_ID], version, client_of(_meta(message), headers.get("user-agent", "")))
    with exchange(message.get("method", ""), operation, arrival(scope)) as turned_away:
        turned_away.made_by(caller, version)
        turned_away.settle(Reply(outcome, ""))
        log.turned_away(caller, request, turned_away)
        yield


def client_of(meta: Mapping[str, Any], user_agent: str) -> str:
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

"""What an HTTP request says about the message in it, for its span: where the trace began, and what was done already."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from starlette.types import Scope

from servicekit.calls import Outcome, Reply
from servicekit.guards import MESSAGE
from servicekit.operations import Operation
from servicekit.telemetry.exchanges import Arrival, exchange

TIMELINE: Final = "fleet.timeline"
"""Scope key of the `Timeline` of what comes before the call."""
_LONGEST_ID: Final = 100  # characters of a JSON-RPC id on a span


def arrival(scope: Scope) -> Arrival:
    """The message of a request that passed `BodyGuard`."""
    message: Mapping[str, Any] = scope[MESSAGE]
    meta = (message.get("params") or {}).get("_meta")
    headers = {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }
    attributes = {
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    if "id" in message:
        attributes["jsonrpc.request.id"] = str(message["id"])[:_LONGEST_ID]
    # The message's own context first: a proxy between may have begun another in the headers (conventions, mcp.md).
    return Arrival((meta if isinstance(meta, Mapping) else {}, headers), scope.get(TIMELINE), attributes)


@contextmanager
def refused(scope: Scope, operation: Operation | None, outcome: Outcome) -> Iterator[None]:
    """Answer, inside the block, a message that a gate turns away: it counts as an exchange like any other."""
    with exchange(scope[MESSAGE].get("method", ""), operation, arrival(scope)) as turned_away:
        turned_away.settle(Reply(outcome, ""))
        yield

"""The MCP endpoint: one path for every message of every protocol revision.

A request passes the stages in the order in which they stand in `McpEndpoint._serve`. Each stage returns what it decided
or raises, and the next ones take it as an argument. What concerns a call, such as policy, rate limit, concurrency slot
and arguments, is decided by the pipeline; only a caller at capacity is refused earlier, before its body is read.
Statuses are in `servicekit.mcp.statuses`.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from servicekit.access.toolsets import Toolsets
from servicekit.core.asgi_scope import REQUEST_ID
from servicekit.core.caller import Caller
from servicekit.core.health import Health
from servicekit.http.authentication import Authentication
from servicekit.http.body import BodyReader
from servicekit.http.head import Head, HeadRules
from servicekit.http.refusal import Refusal
from servicekit.http.request_watch import RequestWatch
from servicekit.http.responses import Response
from servicekit.http.revision import Revisions
from servicekit.http.toolset_filter import filtered
from servicekit.mcp.encoding import ResultEncoder
from servicekit.mcp.message_span import message_span
from servicekit.mcp.messages import Carrier, Message, check_params
from servicekit.mcp.methods import Found, Methods
from servicekit.mcp.statuses import ReplyError
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.outcomes import overloaded
from servicekit.telemetry.instruments import calls_shed
from servicekit.telemetry.spans import DeferredSpans, defer_spans, stop_deferring

_logger = logging.getLogger(__name__)

_VERSION: Final = b"mcp-protocol-version"
_TRACE: Final = (b"traceparent", b"tracestate")
_LISTEN: Final = "subscriptions/listen"
_NETWORK: Final = {
    version: {
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": version,
    }
    for version in ("1.0", "1.1")
}


class McpEndpoint:
    """Serves `/mcp` as an ASGI application.

    Args:
        methods: what the server does with each method, the handshake included.
    """

    def __init__(
        self,
        methods: Methods,
        encoder: ResultEncoder,
        pipeline: PipelineDependencies,
        health: Health,
        rules: HeadRules,
        authentication: Authentication,
        bodies: BodyReader,
        revisions: Revisions,
        toolsets: Toolsets,
    ) -> None:
        self._methods, self._encoder, self._pipeline, self._health = methods, encoder, pipeline, health
        self._rules, self._authentication, self._bodies, self._revisions = rules, authentication, bodies, revisions
        self._toolsets = toolsets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head(scope)
        scope[REQUEST_ID] = head.request_id
        response = Response(send, head, self._health)
        try:
            await self._serve(head, receive, response)
        except Refusal as refusal:
            await response.refuse(refusal)
        except MCPError as error:
            await response.fail(error)

    async def _serve(self, head: Head, receive: Receive, response: Response) -> None:
        """The stages of a request."""
        self._rules.check(head)
        deferred = defer_spans()  # until the message names the trace that they belong to
        caller = await self._authentication.caller_of(head)
        carrier = _carrier(head, deferred, response)
        self._check_capacity(caller, carrier)
        caller = filtered(caller, head, self._toolsets)
        self._rules.check_post(head)
        with RequestWatch(receive, response, self._pipeline.deadlines, self._bodies.timeout) as watch:
            body = await self._bodies.read(head, receive)
            watch.body_arrived()
            response.protocol_version = self._revisions.stated(head)
            answer = self._answer if "method" in body else self._acknowledge_reply
            await answer(head, body, caller, carrier, response)

    def _check_capacity(self, caller: Caller, carrier: Carrier) -> None:
        """Refuse a request before its body is read, if a call of the caller would be refused now."""
        error = self._pipeline.concurrency.overload_of(caller.key)
        if error is not None:
            calls_shed.add(1)
            with message_span(self._pipeline.log, carrier, caller):
                raise ReplyError(overloaded(error))

    async def _answer(
        self, head: Head, body: Mapping[str, Any], caller: Caller, carrier: Carrier, response: Response
    ) -> None:
        """Answer one request, or acknowledge a notification."""
        method, params = body["method"], body.get("params")
        response.message_id = body.get("id")
        found = self._methods.find(method, params)
        operation = found[0] if found is not None else None
        try:
            if method == _LISTEN:
                stop_deferring()  # a stream has no duration
                if not response.can_stream:
                    raise MCPError(types.INVALID_REQUEST, "The response is a stream. Send the request in HTTP/1.1.")
                encoded = await self._run(head, body, found, caller, carrier, response)
            else:
                stated = head.text(_VERSION)
                with message_span(
                    self._pipeline.log, carrier, caller, method, operation, params, body.get("id"), stated
                ):
                    encoded = await self._run(head, body, found, caller, carrier, response)
        except MCPError as error:
            if response.decision is None:  # every message counts, whatever becomes of it; 429 goes before its error
                await self._methods.count(caller, response.set_decision)
            if isinstance(error, ReplyError) and (denial := error.reply.denial) and denial.missing_scopes:
                # Clients of earlier revisions replace their token by one with the challenge's scopes (SEP-2350).
                is_modern = response.protocol_version in MODERN_PROTOCOL_VERSIONS
                raise self._authentication.step_up(denial, () if is_modern else caller.scopes) from None
            raise
        except ValidationError:
            raise MCPError(types.INVALID_PARAMS, "Invalid request parameters", "") from None
        except Exception:  # a bug outside the pipeline, which the span has logged
            if method == _LISTEN:
                _logger.exception("subscription failed", extra={"request_id": head.request_id})
            raise MCPError(types.INTERNAL_ERROR, "Internal server error") from None
        if encoded is None:
            await response.accept()
        else:
            await response.result(encoded)

    async def _run(
        self, head: Head, body: Mapping[str, Any], found: Found, caller: Caller, carrier: Carrier, response: Response
    ) -> bytes | None:
        """The JSON of the result; None for a notification, which has none."""
        if found is None:
            await self._methods.count(caller, response.set_decision)
        version = self._revisions.of(head, body)
        if "id" not in body:
            return None
        method, params = body["method"], body.get("params")
        check_params(method, version, params)
        progress = response.progress_to(progress_token_from_params(params))
        message = Message(method, params or {}, body["id"], version, caller, carrier, progress, response.notify)
        result = await self._methods.answer(message, found)
        return await self._encoder.encoded(method, version, result)

    async def _acknowledge_reply(
        self, head: Head, body: Mapping[str, Any], caller: Caller, _: Carrier, response: Response
    ) -> None:
        """Acknowledge the response to a request, which this server never sends; 2026-07-28 refuses it."""
        await self._methods.count(caller, response.set_decision)
        self._revisions.of(head, body)
        await response.accept()


def _carrier(head: Head, deferred: DeferredSpans, response: Response) -> Carrier:
    fields = head.fields
    traced = {name.decode(): fields[name].decode("latin-1") for name in _TRACE if name in fields}
    return Carrier(
        head.request_id,
        _NETWORK.get(head.scope.get("http_version", ""), _NETWORK["1.1"]),
        head.text(b"user-agent"),
        traced,
        deferred,
        response.set_decision,
        over_http=True,
    )

"""The operation span around one message, with the log line of a message that becomes no call."""

from types import TracebackType

import mcp_types as types
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from servicekit.core.caller import Caller
from servicekit.mcp.messages import MAX_VERSION_LENGTH, Carrier, meta_of, sender, span_metadata
from servicekit.mcp.statuses import ReplyError
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.operation_span import OperationSpan, operation_span
from servicekit.registry.operation import Operation
from servicekit.telemetry.redaction import outside_id


class message_span:  # noqa: N801  # used in `with`, like a function
    """Opens the span of a message. A call inside reports into it; otherwise it records and logs the failure.

    Args:
        method, operation, params, message_id, protocol_version: as far as the message was read.
    """

    __slots__ = ("_caller", "_carrier", "_log", "_meta", "_opened", "_span", "_version")

    def __init__(
        self,
        log: CallLog,
        carrier: Carrier,
        caller: Caller | None,
        method: str = "",
        operation: Operation | None = None,
        params: object = None,
        message_id: object = None,
        protocol_version: str = "",
    ) -> None:
        self._log, self._carrier = log, carrier
        self._meta = meta = meta_of(params)
        self._version, self._caller = protocol_version, caller
        self._opened = operation_span(method, operation, span_metadata(carrier, meta, message_id))
        self._span: OperationSpan | None = None

    def __enter__(self) -> OperationSpan:
        self._span = self._opened.__enter__()
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        span = self._span
        assert span is not None  # noqa: S101  # for the type checker: entered
        if isinstance(error, Exception):
            self._record(span, error)
        if not span.has_call and self._caller is not None:
            span.set_caller(self._caller, outside_id(self._version, MAX_VERSION_LENGTH))
            if span.outcome != "ok":
                self._log.refused(self._caller, sender(self._carrier, self._version, self._meta), span)
        self._opened.__exit__(kind, error, trace)

    def _record(self, span: OperationSpan, error: Exception) -> None:
        match error:
            case ReplyError():
                if not span.has_call:
                    span.set_reply(error.reply)
                if error.status.http is None:
                    span.fail(error.error.code, error.error.message)
            case MCPError():
                span.fail(error.error.code, error.error.message)
            case ValidationError():
                span.fail(types.INVALID_PARAMS, "Invalid request parameters")
            case _:
                span.record(error)
                span.fail(types.INTERNAL_ERROR, "")
                self._log.crash(None, span, error)

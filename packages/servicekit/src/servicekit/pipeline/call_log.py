"""The log lines of the pipeline: one for each call, and one more for a crash."""

import logging
from collections.abc import Mapping
from typing import Any

from servicekit.core.caller import Caller
from servicekit.pipeline.operation_span import OperationSpan
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.registry.operation import Operation


class CallLog:
    """The log lines of the pipeline: one per call, and one more for a crash."""

    def __init__(self, service: str, fingerprints: Mapping[str, str] | None = None) -> None:
        self._logger = logging.getLogger(f"servicekit.pipeline.request.{service}")
        self._fingerprints = fingerprints or {}

    def call(
        self,
        operation: Operation,
        caller: Caller,
        request: RequestInfo,
        reply: Reply,
        exchange: OperationSpan,
    ) -> None:
        """One call, however it ended. Arguments are not in it."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        fields = {
            **self._fields(caller, request, exchange),
            "result_bytes": reply.size,
            "replayed": reply.meta.get("fleet/replayed"),
            "consent": None
            if request.state is None or not operation.writes
            else "given"
            if request.agreed
            else "declined",
            "correlation_id": reply.meta.get("fleet/correlation_id"),
        }
        self._logger.log(logging.ERROR if reply.outcome == "crash" else logging.INFO, "call", extra=fields)

    def turned_away(self, caller: Caller, request: RequestInfo, exchange: OperationSpan) -> None:
        """A message that never became a call: a gate refused it, or it asks for what does not exist."""
        level = logging.ERROR if exchange.outcome == "crash" else logging.INFO
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "call", extra=self._fields(caller, request, exchange))

    def crash(self, correlation_id: str | None, exchange: OperationSpan, error: Exception) -> None:
        """A bug, with its stack; the caller was given only the correlation id."""
        fields = {
            "operation": exchange.label,
            "correlation_id": correlation_id,
            "trace_id": exchange.trace_id or None,
            "span_id": exchange.span_id or None,
        }
        self._logger.error("crash", extra=fields, exc_info=error)

    def _fields(self, caller: Caller, request: RequestInfo, exchange: OperationSpan) -> dict[str, Any]:
        return {
            "operation": exchange.label,
            "outcome": exchange.outcome,
            "duration_ms": round(exchange.seconds * 1000, 2),
            "subject": caller.subject,
            "client_id": caller.client_id,
            "tenant": caller.tenant,
            "client": request.client or None,
            "protocol": request.protocol_version or None,
            "request_id": request.request_id,
            "trace_id": exchange.trace_id or None,
            "span_id": exchange.span_id or None,
            "description_hash": self._fingerprints.get(exchange.label),
        }

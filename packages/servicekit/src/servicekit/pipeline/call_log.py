"""The log lines of the pipeline: one for each call, and one more for a crash."""

import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json

from servicekit.core.caller import Caller
from servicekit.pipeline.operation_span import OperationSpan
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.registry.operation import Operation
from servicekit.telemetry.log_batches import BatchedRecord
from servicekit.telemetry.logs import direct_handler, json_text
from servicekit.telemetry.redaction import redact

_GENERATED: Final = frozenset(
    {"operation", "outcome", "duration_ms", "trace_id", "span_id", "description_hash", "result_bytes", "confirmation"}
)


@lru_cache(4096)
def _sender(subject: str, client_id: str, tenant: str | None, client: str | None, protocol: str | None) -> str:
    """The JSON of the fields that the calls of one client share."""
    fields = {"subject": subject, "client_id": client_id, "tenant": tenant, "client": client, "protocol": protocol}
    redacted = {name: redact(value) for name, value in fields.items() if value is not None}
    return to_json(redacted).decode()[1:-1]


class CallLog:
    """Writes the log lines of calls.

    Args:
        service: the service's name.
        fingerprints: a digest of each tool's description, by operation label.
    """

    def __init__(self, service: str, fingerprints: Mapping[str, str] | None = None) -> None:
        self._logger = logging.getLogger(f"servicekit.calls.{service}")
        self._fingerprints = fingerprints or {}

    def call(
        self, operation: Operation, caller: Caller, request: RequestInfo, reply: Reply, span: OperationSpan
    ) -> None:
        """The line of one call, whatever its outcome. It holds no arguments."""
        if reply.outcome != "crash" and not self._logger.isEnabledFor(logging.INFO):
            return
        if (
            reply.outcome == "ok"
            and request.state is None
            and request.confirmation is None
            and "fleet/replayed" not in reply.meta
        ):
            direct = direct_handler(self._logger)
            if direct is not None and (members := self._members(caller, request, reply, span)) is not None:
                handler, formatter = direct
                handler.write_line(formatter.line(time.time(), "call", self._logger.name, members))
                return
        confirmation = None
        if request.confirmation is not None:
            confirmation = "confirmed"
        elif request.state is not None and operation.writes:
            confirmation = "confirmed" if request.confirmed else "declined"
        fields = {
            **self._fields(caller, request, span),
            "result_bytes": reply.size,
            "replayed": reply.meta.get("fleet/replayed"),
            "confirmation": confirmation,
            "correlation_id": reply.meta.get("fleet/correlation_id"),
        }
        self._write(reply.outcome, fields)

    def _members(self, caller: Caller, request: RequestInfo, reply: Reply, span: OperationSpan) -> str | None:
        """The JSON of the same fields as `_fields`, for the most frequent line; None where its text is no UTF-8."""
        try:
            sender = _sender(
                caller.subject,
                caller.client_id,
                caller.tenant,
                request.client or None,
                request.protocol_version or None,
            )
            request_id = to_json(redact(request.request_id)).decode()
        except (PydanticSerializationError, ValueError):
            return None
        label = span.label
        fingerprint = self._fingerprints.get(label)
        digest = f'"description_hash":"{fingerprint}",' if fingerprint is not None else ""
        return (
            f'"operation":{json_text(label)},"outcome":"ok","duration_ms":{round(span.seconds * 1000, 2)},{sender},'
            f'"request_id":{request_id},"trace_id":"{span.trace_id}","span_id":"{span.span_id}",{digest}'
            f'"result_bytes":{reply.size}'
        )

    def refused(self, caller: Caller, request: RequestInfo, span: OperationSpan) -> None:
        """The line of a message that never became a call: it was refused before, or its operation does not exist."""
        self._write(span.outcome, self._fields(caller, request, span))

    def crash(self, correlation_id: str | None, span: OperationSpan, error: Exception) -> None:
        """The line of a bug, with its stack; the caller reads only the correlation id."""
        fields = {
            "operation": span.label,
            "correlation_id": correlation_id,
            "trace_id": span.trace_id or None,
            "span_id": span.span_id or None,
        }
        self._logger.error("crash", extra=fields, exc_info=error)

    def _write(self, outcome: str, fields: Mapping[str, Any]) -> None:
        if outcome == "crash":
            self._logger.error("call", extra=fields)
        elif self._logger.isEnabledFor(logging.INFO):
            self._logger.handle(BatchedRecord(self._logger.name, "call", fields, _GENERATED))

    def _fields(self, caller: Caller, request: RequestInfo, span: OperationSpan) -> dict[str, Any]:
        return {
            "operation": span.label,
            "outcome": span.outcome,
            "duration_ms": round(span.seconds * 1000, 2),
            "subject": caller.subject,
            "client_id": caller.client_id,
            "tenant": caller.tenant,
            "client": request.client or None,
            "protocol": request.protocol_version or None,
            "request_id": request.request_id,
            "trace_id": span.trace_id or None,
            "span_id": span.span_id or None,
            "description_hash": self._fingerprints.get(span.label),
        }

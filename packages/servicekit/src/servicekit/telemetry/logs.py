"""Logs: one line per event on standard error, JSON for machines and aligned text for people.

Standard output is never written to: on stdio it is the wire.
"""

import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, Literal

from servicekit.telemetry.instruments import credentials_refused
from servicekit.telemetry.redaction import redact, redact_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from servicekit.core.caller import Caller
    from servicekit.pipeline.operation_span import Exchange
    from servicekit.pipeline.request import Reply, RequestInfo
    from servicekit.registry.operation import Operation

LogFormat = Literal["json", "console"]

# Every attribute that a LogRecord has by itself; what else it carries came through `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


_DIM = "2"
_COLOURS = {logging.DEBUG: "2", logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "1;31"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = {name: value for name, value in vars(record).items() if name not in _STANDARD and value is not None}
    if record.exc_info:
        fields["exception"] = "".join(traceback.format_exception(*record.exc_info))
    return {name: redact_field(name, value) for name, value in fields.items()}


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (RFC 3339, UTC), level, event, service, and the event's own fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        instant = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{instant}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": redact(record.getMessage()),
            "logger": record.name,
            "service": self._service,
            **_fields(record),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


class ConsoleFormatter(logging.Formatter):
    """The same line for a person: time, level, event, then ``name=value``.

    Args:
        colour: for a terminal: levels stand out, names stand back.
    """

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        exception = fields.pop("exception", None)
        names = {name: self._painted(f"{name}=", _DIM) for name in fields}
        pairs = " ".join(f"{names[name]}{_on_one_line(str(value))}" for name, value in fields.items())
        level = self._painted(f"{record.levelname:<7}", _COLOURS.get(record.levelno, ""))
        event = _on_one_line(redact(record.getMessage()))
        line = f"{self.formatTime(record, '%H:%M:%S')} {level} {event} {pairs}".rstrip()
        if exception is None:
            return line
        return "\n".join([line, *(_on_one_line(part) for part in exception.split("\n"))])

    def _painted(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code else text


def _on_one_line(text: str) -> str:
    """`text` with what would end the line, or command a terminal, in its escaped form."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def configure_logs(service: str, log_format: LogFormat, level: str) -> None:
    """Send every log of this process to standard error in one format, replacing what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    console = ConsoleFormatter(colour=sys.stderr.isatty())
    handler.setFormatter(JsonFormatter(service) if log_format == "json" else console)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These say at INFO what our own lines say better; the SDK's warnings quote headers of strangers.
    for name in ("httpx2", "httpcore2", "mcp", "uvicorn.access"):
        logging.getLogger(name).setLevel("ERROR" if name == "mcp" else "WARNING")
    # Every failed batch, with advice to nobody; `traces.Complaints` says it once a minute.
    logging.getLogger("opentelemetry.exporter").setLevel("CRITICAL")


class CallLog:
    """The log lines of the pipeline: one per call, and one more for a crash."""

    def __init__(self, service: str, fingerprints: "Mapping[str, str] | None" = None) -> None:
        self._logger = logging.getLogger(f"servicekit.pipeline.request.{service}")
        self._fingerprints = fingerprints or {}

    def call(
        self,
        operation: "Operation",
        caller: "Caller",
        request: "RequestInfo",
        reply: "Reply",
        exchange: "Exchange",
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

    def turned_away(self, caller: "Caller", request: "RequestInfo", exchange: "Exchange") -> None:
        """A message that never became a call: a gate refused it, or it asks for what does not exist."""
        level = logging.ERROR if exchange.outcome == "crash" else logging.INFO
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "call", extra=self._fields(caller, request, exchange))

    def crash(self, correlation_id: str | None, exchange: "Exchange", error: Exception) -> None:
        """A bug, with its stack; the caller was given only the correlation id."""
        fields = {
            "operation": exchange.label,
            "correlation_id": correlation_id,
            "trace_id": exchange.trace_id or None,
            "span_id": exchange.span_id or None,
        }
        self._logger.error("crash", extra=fields, exc_info=error)

    def _fields(self, caller: "Caller", request: "RequestInfo", exchange: "Exchange") -> dict[str, Any]:
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


class SecurityLog:
    """The log lines of the gate: who was turned away, and why; never what they presented."""

    def __init__(self, service: str) -> None:
        self._logger = logging.getLogger(f"servicekit.security.{service}")

    def rejected(self, reason: str, scope: "Mapping[str, Any]") -> None:
        """A credential that is not good."""
        credentials_refused.add(1, {"reason": reason})
        client = scope.get("client")
        where = {"request_id": scope.get("fleet.request_id"), "address": client[0] if client else None}
        self._logger.warning("credential rejected", extra={"reason": reason, **where})

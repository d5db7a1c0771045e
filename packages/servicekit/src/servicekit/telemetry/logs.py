"""Logs: one line per event on standard error, as JSON or as text for a terminal.

Standard output is left alone: the stdio transport uses it for messages.
"""

import json
import logging
import sys
import time
import traceback
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Literal

from pydantic_core import PydanticSerializationError, to_json

from servicekit.telemetry.log_batches import BatchedRecord, BatchingHandler
from servicekit.telemetry.redaction import redact, redact_field

LogFormat = Literal["json", "console"]

ANCHOR_LOGGER: Final = "servicekit.audit.anchors"
"""The logger of the audit trail's anchors. The field `anchor` is exported, too (`telemetry.anchor_export`)."""

# The attributes of every LogRecord; the others come from `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

_DIM = "2"
_COLOURS = {logging.DEBUG: "2", logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "1;31"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    if type(record) is BatchedRecord:
        generated = record.generated
        return {
            name: value if name in generated else redact_field(name, value)
            for name, value in record.fields.items()
            if value is not None
        }
    fields = {name: value for name, value in vars(record).items() if name not in _STANDARD and value is not None}
    if record.exc_info:
        fields["exception"] = "".join(traceback.format_exception(*record.exc_info))
    return {name: redact_field(name, value) for name, value in fields.items()}


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (RFC 3339, UTC), level, event, service, and the event's own fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def line(self, created: float, event: str, logger: str, members: str) -> str:
        """An INFO line from the JSON of the event's own fields, redacted, without its braces."""
        return (
            f'{{"time":"{_time(created)}","level":"info","event":{json_text(event)},"logger":{json_text(logger)},'
            f'"service":{json_text(self._service)},{members}}}'
        )

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "event": redact(record.getMessage()),
            "logger": record.name,
            "service": self._service,
            **_fields(record),
        }
        try:
            return to_json(line, fallback=str).decode()
        except (PydanticSerializationError, ValueError):  # a lone surrogate, which the stream escapes
            return json.dumps(line, ensure_ascii=False, default=str)


@lru_cache(1024)
def json_text(text: str) -> str:
    """The JSON of a text that comes again and again."""
    return to_json(text).decode()


def direct_handler(logger: logging.Logger) -> tuple[BatchingHandler, JsonFormatter] | None:
    """The process's handler and its formatter, where they are all that a record of `logger` would reach."""
    handlers = logging.root.handlers
    handler = handlers[0] if len(handlers) == 1 else None
    if type(handler) is not BatchingHandler or handler.filters or handler.level > logging.INFO:
        return None
    current: logging.Logger | None = logger
    while current is not None and current is not logging.root:
        if current.handlers or current.filters or not current.propagate:
            return None
        current = current.parent
    return (handler, handler.formatter) if type(handler.formatter) is JsonFormatter else None


def _time(created: float) -> str:
    whole = int(created)
    return f"{_second(whole)}.{int((created - whole) * 1000):03d}Z"


@lru_cache(8)
def _second(instant: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))


class ConsoleFormatter(logging.Formatter):
    """Formats a record for a terminal: time, level, event, then ``name=value`` pairs.

    Args:
        colour: colours levels and dims field names.
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
    """`text` with line breaks and terminal control characters escaped."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def configure_logs(service: str, log_format: LogFormat, level: str) -> None:
    """Send every log of this process to standard error in one format, replacing earlier handlers."""
    handler = BatchingHandler(sys.stderr)
    console = ConsoleFormatter(colour=sys.stderr.isatty())
    handler.setFormatter(JsonFormatter(service) if log_format == "json" else console)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)  # they may quote values
    sys.excepthook = _log_uncaught
    # At INFO these repeat our access log; the SDK's warnings quote request headers.
    for name in ("httpx2", "httpcore2", "mcp", "uvicorn.access"):
        logging.getLogger(name).setLevel("ERROR" if name == "mcp" else "WARNING")
    # It logs every failed batch; `traces.ThrottledLogger` reports them once a minute.
    logging.getLogger("opentelemetry.exporter").setLevel("CRITICAL")


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends the process; Python would print it unmasked."""
    if issubclass(kind, Exception):
        logging.getLogger("servicekit").critical("uncaught exception", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)

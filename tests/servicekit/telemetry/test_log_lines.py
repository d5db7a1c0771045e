"""Log lines: one event is one line, without secrets in its message, fields and stack."""

import json
import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from servicekit.telemetry.logs import ConsoleFormatter, JsonFormatter
from servicekit.telemetry.redaction import redact_field


def record(message: str, **fields: Any) -> logging.LogRecord:
    return logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, message, (), None, extra=fields)


@pytest.mark.parametrize("formatter", [JsonFormatter("books"), ConsoleFormatter()])
def test_no_secret_is_written_whatever_carries_it(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("password=SECRET1") from OSError("postgres://u:SECRET@h/d")
    except ValueError:
        stack = sys.exc_info()
    line = record(
        "to postgres://u:SECRET@h/d",
        password="SECRET",
        authorization=["SECRET"],
        nested={"api_key": "SECRET", "url": ["postgres://u:SECRET@h/d"], "fine": 1},
        listed=("Bearer SECRET12345678",),
        odd=SimpleNamespace(url="postgres://u:SECRET@h/d"),
        encoded=b"password=SECRET1",
    )
    line.exc_info = stack
    written = formatter.format(line)
    assert "SECRET" not in written
    assert "Traceback" in written


def test_a_field_keeps_what_is_no_secret() -> None:
    assert redact_field("count", 3) == 3
    assert redact_field("tenant", None) is None
    assert redact_field("nested", {"a": [1, "b"], "c": True}) == {"a": [1, "b"], "c": True}


def test_a_json_line_is_one_object_on_one_line() -> None:
    line = JsonFormatter("books").format(record("two\nlines", subject='a"b\n', number=3))
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["event"], fields["subject"], fields["service"]) == ("two\nlines", 'a"b\n', "books")
    assert fields["time"].endswith("Z")


def test_a_line_for_people_is_one_line_and_commands_no_terminal() -> None:
    hostile = "ann\n12:00:00 INFO    call subject=admin\r\x1b[2J\x9b2J\u2028\u202e"
    try:
        raise ValueError(hostile)
    except ValueError:
        stack = sys.exc_info()
    line = record(hostile, subject=hostile, listed=[hostile], name_of_mine="Zoë 5 °C")
    line.exc_info = stack
    first, *rest = ConsoleFormatter().format(line).split("\n")
    assert "Zoë 5 °C" in first
    assert r"subject=ann\n12:00:00" in first
    assert rest[0] == "Traceback (most recent call last):"
    assert all(part.isprintable() for part in (first, *rest))

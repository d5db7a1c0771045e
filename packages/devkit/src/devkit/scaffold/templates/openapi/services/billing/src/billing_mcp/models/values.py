"""Types of the values that the API sends: text is bounded and marked, since others wrote it."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator
from pydantic_core import to_json

from servicekit.schema import OneLine, Record, Untrusted

LONGEST_NAME: Final = 300
LONGEST_TEXT: Final = 2000
"""Characters of a text in a result; a longer one ends with an ellipsis."""
MOST_VALUES: Final = 50
"""Values of a list within a record."""
ONE_LINE: Final = r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?"
"""An identifier: one line without space around it."""


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return to_json(value).decode()


def _bounded_name(value: Any) -> str:
    return _cut(" ".join(_as_text(value).split()), LONGEST_NAME)


def _bounded_text(value: Any) -> str:
    return _cut(_as_text(value), LONGEST_TEXT)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _first_values(value: Any) -> Any:
    return value[:MOST_VALUES] if isinstance(value, list) else value


def _as_json(value: Any) -> str | None:
    return None if value is None else _cut(to_json(value).decode(), LONGEST_TEXT)


Name = Annotated[str, BeforeValidator(_bounded_name), OneLine()]
"""A name, code, date or address: on one line, not fenced."""
Text = Annotated[str, BeforeValidator(_bounded_text), Untrusted("upstream")]
Json = Annotated[str, BeforeValidator(_as_json), Untrusted("upstream", verbatim=True)]
"""A value without a described structure, as JSON text."""
FIRST: Final = BeforeValidator(_first_values)


class Content(Record):
    """A response without a described structure."""

    content: Json | None = None


class Value(Record):
    """A value in a list of the API."""

    value: Json | None = None


def content_of(value: Any) -> Content:
    """A response without a described structure."""
    return Content(content=value)

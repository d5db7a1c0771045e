"""Conversions of single values whose meaning is certain. Each returns any other value unchanged and never raises."""

import re
from collections.abc import Mapping
from typing import Any, Final

from servicekit.core.strict_json import NotStrictJson, parse

LARGEST_EXACT: Final = 2**53 - 1
"""The largest integer that every JSON parser reads exactly (RFC 7493 §2.2)."""

# With at most two zeros after the point: 1.000 is a thousand where points separate thousands.
_INTEGER = re.compile(r"(-?(?:0|[1-9][0-9]{0,15}))(?:\.0{1,2})?")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
# Year first, so that the order is certain; a time only where it is midnight UTC.
_DAY = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    r"(?:[Tt ]00:00(?::00(?:[.,]0{1,9})?)?(?:[Zz]|[+-]00:?00| ?UTC)?)?"
)
_COMPACT_DAY = re.compile(r"(?P<year>[12][0-9]{3})(?P<month>[01][0-9])(?P<day>[0-3][0-9])")
_PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WITH_TIME = re.compile(r"\A\s*[0-9]{4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,2}[Tt ]+[0-9].*", re.DOTALL)
_NULLS: Final = frozenset({"null", "none", "nil", "undefined"})
_FLAGS: Final = {"true": True, "false": False}


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, text without a visible character, an empty list or object."""
    if value is None:
        return True
    return not value.strip() if isinstance(value, str) else isinstance(value, list | tuple | Mapping) and not value


def says_nothing(text: str) -> bool:
    """Whether a text is the word for null in some language: in place of a list it may mean none, or a name."""
    return text.strip().lower() in _NULLS


def holds_empty(values: Any) -> bool:
    """Whether a value inside a list or object is empty, at any depth. Every call pays for this one."""
    is_object = values.__class__ is dict or isinstance(values, Mapping)
    for value in values.values() if is_object else values:
        if not value:
            if value is None or value == "" or isinstance(value, list | Mapping):
                return True
        elif value.__class__ is str:
            if value.isspace():
                return True
        elif value.__class__ is not int and isinstance(value, list | Mapping) and holds_empty(value):
            return True
    return False


def whole_number(value: Any) -> Any:
    """The integer in ``"5"``, ``" 5 "``, ``3.0`` or ``"3.0"``."""
    if isinstance(value, str) and len(value) < 64 and (match := _INTEGER.fullmatch(value.strip())):
        return int(match[1])
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT:
        return int(value)
    return value


def number(value: Any) -> Any:
    """The number in ``"2.5"``."""
    if isinstance(value, str) and len(value) < 64 and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return value


def flag(value: Any) -> Any:
    """The boolean in ``"true"`` or ``"False"``."""
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) and len(value) < 16 else value


def digits(value: Any) -> Any:
    """The text of a whole number, not below 0, for text that may be one."""
    if isinstance(value, float) and value.is_integer():
        value = whole_number(value)
    return str(value) if type(value) is int and 0 <= value <= LARGEST_EXACT else value


def day(value: Any) -> Any:
    """The day, YYYY-MM-DD, in ``2026/11/01``, ``20261101`` or ``2026-11-01T00:00:00Z``."""
    if type(value) is int:
        value_text = str(value) if 0 <= value < 10**8 else ""
    else:
        value_text = value.strip() if isinstance(value, str) and len(value) < 64 else ""
    match = _DAY.fullmatch(value_text) or _COMPACT_DAY.fullmatch(value_text)
    return f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}" if match else value


def has_time_of_day(value: Any) -> bool:
    """Whether a value is a day with a time, which is not certain to be a whole day."""
    return isinstance(value, str) and len(value) < 64 and _WITH_TIME.fullmatch(value) is not None


def moment(value: Any) -> Any:
    """A date and time without surrounding space."""
    return value.strip() if isinstance(value, str) and len(value) < 64 else value


def start_of_day(value: Any) -> Any:
    """The date and time at which a day starts in UTC."""
    found = day(value)
    return f"{found}T00:00:00Z" if isinstance(found, str) and _PLAIN_DAY.fullmatch(found) else moment(value)


def json_in(text: str, opening: str) -> Any:
    """The list (``[``) or object (``{``) that was sent as JSON text."""
    stripped = text.strip()
    if not stripped.startswith(opening):
        return text
    try:
        return parse(stripped.encode())
    except (NotStrictJson, UnicodeEncodeError):
        return text

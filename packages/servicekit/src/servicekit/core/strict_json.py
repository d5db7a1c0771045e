"""Parser for I-JSON (RFC 7493), the subset of JSON that every parser reads the same way."""

import json
import math
from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from pydantic_core import from_json

MAX_DEPTH: Final = 64
"""Maximum nesting of lists and objects."""

_LARGE: Final = 256 * 1024
"""Bytes from which the fast parser, one long call into C, would hold up every other thread."""


_TOO_DEEP: Final = f"The body is nested more than {MAX_DEPTH} levels deep."


class NotStrictJson(ValueError):
    """The text is not I-JSON. The message names the broken rule and quotes nothing."""


def parse(body: bytes) -> Any:
    """Parse a body.

    A body that has as many colons as its value has keys repeats none of them; the fast parser is enough. Any other
    body, a large one, and one that the fast parser refuses, is parsed with every check.

    Raises:
        NotStrictJson: not UTF-8, not JSON, a repeated key, NaN or an infinity, a lone surrogate, or nested too deeply.
    """
    if len(body) > _LARGE:
        return parse_with_checks(body)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        return parse_with_checks(body)
    return value if _count_keys(value, MAX_DEPTH - 1) == body.count(b":") else parse_with_checks(body)


def _count_keys(value: Any, depth: int) -> float:
    """The keys of all objects in a value; NaN, which equals no count, for one that needs the checks."""
    count: float = 0
    kind = type(value)
    if kind is dict:
        count = len(value)
        members: Iterable[Any] = value.values()
    else:
        members = value if kind is list else (value,)
    for member in members:
        kind = type(member)
        if kind is dict or kind is list:
            count += _count_keys(member, depth - 1) if depth else math.nan
        elif kind is float and not math.isfinite(member):
            return math.nan
    return count


def parse_with_checks(body: bytes) -> Any:
    """Parse a body, slowly, and name the rule that it breaks.

    Raises:
        NotStrictJson: as `parse`.
    """
    if not body.strip():
        raise NotStrictJson("The body is empty.")
    if body.startswith(BOM_UTF8):
        raise NotStrictJson("The body begins with a byte order mark. Send UTF-8 without it.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrictJson("The body must be UTF-8.") from None
    try:
        value = _DECODER.decode(text)
    except NotStrictJson:
        raise
    except RecursionError:
        raise NotStrictJson(_TOO_DEEP) from None
    except ValueError:
        raise NotStrictJson("The body is not valid JSON.") from None
    _check(value, MAX_DEPTH, may_have_surrogates=b"\\ud" in body or b"\\uD" in body)
    return value


def _check(value: Any, depth: int, *, may_have_surrogates: bool) -> None:
    """Refuse what is nested too deeply, and lone surrogates."""
    kind = type(value)
    if kind is dict or kind is list:
        if not depth:
            raise NotStrictJson(_TOO_DEEP)
        for member in value.values() if kind is dict else value:
            _check(member, depth - 1, may_have_surrogates=may_have_surrogates)
        if may_have_surrogates and kind is dict:
            _check(list(value), depth, may_have_surrogates=True)
    elif may_have_surrogates and kind is str and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotStrictJson(
                "A \\u escape is half of a surrogate pair. Send the whole pair or the character."
            ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotStrictJson("An object has the same key twice.")
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise NotStrictJson("NaN and Infinity are not JSON numbers.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJson("A number is too large for a double (RFC 7493 §2.2).")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite)

"""What an input schema leaves out, since a model reads all of it before every answer.

A rule that words can say is said in words: by the description of the argument, and by the refusal of a wrong value.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

_SHORT: Final = 255
"""Characters. Names, ids and search words are shorter than their limit anyway; longer texts need to know it."""
_LONG: Final = 65536
"""Characters. Limits above it only protect the server."""
_MANY: Final = 20
"""Records. Longer lists are rare, and refused in words."""
_LARGE: Final = 10**6
"""Bounds beyond it only protect the server."""
_FORMATS: Final = frozenset({"date", "date-time", "uuid"})
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


def slim(schema: Mapping[str, Any]) -> Schema:
    """A schema without patterns, guards and what its description says.

    It accepts whatever the original accepts, except null, which means the same as leaving the value out.
    """
    words = set(_NUMBER.findall(str(schema.get("description", ""))))
    slimmed = {
        key: _slim_part(key, value) for key, value in schema.items() if not _is_needless(key, value, schema, words)
    }
    if isinstance(slimmed.get("items"), dict) and "description" in slimmed:
        slimmed["items"].pop("description", None)
    if "anyOf" in slimmed:
        options = [option for option in slimmed.pop("anyOf") if option != {"type": "null"}]
        same = all(option == options[0] for option in options)
        return {**options[0], **slimmed} if same else {**slimmed, "anyOf": options}
    return slimmed


def _slim_part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: slim(part) for name, part in value.items()}
    if key in ("items", "additionalProperties") and isinstance(value, Mapping):
        return slim(value)
    return [slim(option) for option in value] if key in ("anyOf", "oneOf", "allOf") else value


def _is_needless(key: str, value: Any, schema: Mapping[str, Any], words: set[str]) -> bool:
    match key:
        case "pattern":
            return True
        case "additionalProperties":
            return isinstance(value, bool)  # said once, of all arguments; refusals name what is unknown inside
        case "format":
            return value == "uuid" or (value in _FORMATS and "description" in schema)
        case "default":
            return value in (None, False, "", [], {})
    return isinstance(value, int | float) and _only_guards(key, value, words)


def _only_guards(key: str, bound: float, words: set[str]) -> bool:
    """Whether a bound does not help to find a right value, or the description states it."""
    match key:
        case "minLength" | "minItems":
            return bound <= 1
        case "maxLength":
            return not _SHORT < bound <= _LONG
        case "maxItems" | "maxProperties":
            return bound >= _MANY
        case "minimum" | "exclusiveMinimum":
            return bound in (0, 1) or bound <= -_LARGE or str(bound) in words
        case "maximum":
            return bound >= _LARGE or str(bound) in words
    return False

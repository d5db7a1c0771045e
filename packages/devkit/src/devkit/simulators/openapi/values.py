"""Values made from schemas, the same at each run: what a simulated API answers with."""

import hashlib
import math
from typing import Any, Final

from devkit.simulators.openapi.description import Description, Node, Unresolvable, list_of, mapping_of

ROWS: Final = 3
"""Records of a simulated list."""
_DEEPEST: Final = 5
_MOST_PROPERTIES: Final = 60
_LONGEST: Final = 10_000
_WORDS: Final = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "harbour", "iris", "juniper")
_FORMATS: Final = {
    "date": "2026-03-{0:02}",
    "date-time": "2026-03-{0:02}T09:30:00Z",
    "time": "09:{0:02}:00Z",
    "uuid": "00000000-0000-4000-8000-{0:012}",
    "email": "person{0}@example.com",
    "uri": "https://example.com/{0}",
    "url": "https://example.com/{0}",
    "hostname": "host{0}.example.com",
    "ipv4": "192.0.2.{0}",
    "byte": "c2FtcGxl",
}


class Values:
    """Makes values of the schemas of one description."""

    def __init__(self, description: Description) -> None:
        self._description = description

    def content(self, media_type: Node, place: str) -> Any:
        """The content of a response: its example, else one made from its schema.

        Args:
            place: tells this response from others, so that they differ.
        """
        if (example := self._example(media_type)) is not None:
            return example
        return self.value(media_type.get("schema"), place)

    def value(self, node: Any, place: str, number: int = 1, depth: int = 0) -> Any:
        """A value of a schema; None where the schema allows no other or is too deep.

        Args:
            number: which of several values, from 1.
        """
        try:
            schema = self._description.schema(node)
        except Unresolvable:
            return None
        if (given := self._given(schema, number)) is not None:
            return given
        match schema.get("type"):
            case "object":
                return self._object(schema, place, number, depth)
            case "array":
                return self._list(schema, place, depth)
            case "integer" | "number" as kind:
                return _number(schema, number, whole=kind == "integer")
            case "boolean":
                return number % 2 == 1
            case "null":
                return None
            case _:
                return _text(schema, place, number)

    def _given(self, schema: Node, number: int) -> Any:
        """A value that the schema itself has; None if it has none."""
        if number == 1 and (example := self._example(schema)) is not None:
            return example
        for key in ("const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        enum = [one for one in list_of(schema.get("enum")) if one is not None]
        return enum[(number - 1) % len(enum)] if enum else None

    def _list(self, schema: Node, place: str, depth: int) -> list[Any]:
        least, most = min(_whole(schema.get("minItems"), 0), ROWS), _whole(schema.get("maxItems"), ROWS)
        count = max(least, min(ROWS, most)) if depth < _DEEPEST else least
        found = [self.value(schema.get("items"), place, 1 + one, depth + 1) for one in range(count)]
        return [one for one in found if one is not None]

    def _example(self, node: Node) -> Any:
        if node.get("example") is not None:
            return node["example"]
        examples = node.get("examples")
        if isinstance(examples, list):
            return next((one for one in examples if one is not None), None)
        for example in mapping_of(examples).values():
            try:
                found = self._description.resolved(example).get("value")
            except Unresolvable:
                continue
            if found is not None:
                return found
        return None

    def _object(self, schema: Node, place: str, number: int, depth: int) -> dict[str, Any]:
        if depth >= _DEEPEST:
            return {}
        properties = list(mapping_of(schema.get("properties")).items())[:_MOST_PROPERTIES]
        found = {
            str(name): self.value(node, f"{place}/{name}", number, depth + 1)
            for name, node in properties
            if not mapping_of(node).get("writeOnly")
        }
        return {name: value for name, value in found.items() if value is not None}


def _number(schema: Node, number: int, *, whole: bool) -> float:
    least, most = _bound(schema, "minimum", "exclusiveMinimum", 1), _bound(schema, "maximum", "exclusiveMaximum", -1)
    step = _finite(schema.get("multipleOf")) or 1
    value = max(step, 1) * number
    if least is not None and value < least:
        value = math.ceil(least / step) * step + step * (number - 1)
    if most is not None and value > most:
        value = most
    return int(value) if whole or float(value).is_integer() else value


def _bound(schema: Node, name: str, exclusive: str, inwards: int) -> float | None:
    """A bound of a number. An exclusive one is a flag in OpenAPI 3.0 and a number in 3.1."""
    bound, beyond = _finite(schema.get(name)), schema.get(exclusive)
    if beyond is True and bound is not None:
        return bound + inwards
    if beyond is not True and (number := _finite(beyond)) is not None:
        return number + inwards
    return bound


def _finite(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) and abs(value) < 2**53 else None


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def _text(schema: Node, place: str, number: int) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    if known is not None:
        return known.format(number)
    digest = hashlib.sha256(f"{place} {number}".encode()).digest()
    text = f"{_WORDS[digest[0] % len(_WORDS)]} {number}"
    least, most = _whole(schema.get("minLength"), 0), _whole(schema.get("maxLength"), len(text))
    text = text.ljust(min(least, _LONGEST), "x")
    return text[: max(most, 0)].strip() or "x"[:most]

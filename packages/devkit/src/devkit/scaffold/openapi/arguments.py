"""Parameters of an operation as arguments of a tool: their types with bounds, descriptions and examples."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from devkit.scaffold.openapi.names import argument_name, words_of
from devkit.scaffold.openapi.texts import MOST_OF_ARGUMENT, inert
from devkit.simulators.openapi.described_paths import EXAMPLE, known_values
from devkit.simulators.openapi.description import Description, Node, Unresolvable, list_of, mapping_of
from devkit.simulators.openapi.values import Values

MOST_ITEMS: Final = 20
"""Values of a list in an argument."""
_MOST_CHOICES: Final = 20
_LONGEST_TEXT: Final = 200
_SHORTEST_FREE: Final = 60
"""Characters. A text with fewer is a code, such as that of a country, and not words to look for."""
_CHOICE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:/+-]{0,38}[A-Za-z0-9])?")
_WIRE: Final = re.compile(r"[\x21-\x7e]{1,80}")
_SECRET: Final = frozenset({"password", "passwd", "secret", "passphrase", "pin"})
_HEADER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/+;=,-]{0,99}")
# As in tests/contract/test_arguments.py: amounts and stock are never made from text.
_EXACT: Final = re.compile(r"amount|minor|total|price|change|quantity|pieces|discount|accepted|damaged")
_JOINED: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_IGNORED_HEADERS: Final = ("accept", "content-type", "authorization")  # OpenAPI 3.1, Parameter Object


class LeftOut(Exception):
    """An operation or parameter cannot be used. The message is the reason, as a predicate: ``needs a cookie``."""


@dataclass(frozen=True)
class Argument:
    """An argument of a tool.

    Attributes:
        name: of the method's parameter.
        wire: the name that the API gives it.
        place: ``path`` or ``query``.
        annotation: Python code of its type.
        sent: Python code of what is sent, with the name of the parameter.
        required: the API needs it.
        example: a valid value, as JSON has it.
        misspelt: for an identifier, a valid value of which there is no simulated record.
    """

    name: str
    wire: str
    place: str
    annotation: str
    sent: str
    required: bool
    example: Any
    misspelt: Any = None

    @property
    def is_identifier(self) -> bool:
        """Whether its annotation is an `Identifier`, which the contract tests want declared."""
        return "Identifier(" in self.annotation


class Parameters:
    """Reads the parameters of one operation.

    Args:
        noun: one record in a word, for names that need one.
    """

    def __init__(self, description: Description, noun: str) -> None:
        self._description = description
        self._values = Values(description)
        self._noun = noun
        self.arguments: list[Argument] = []
        self.headers: dict[str, str] = {}
        self.ignored: list[str] = []
        """Optional parameters that the tool has not, each with the reason."""

    def take(self, parameter: Node) -> None:
        """Add a parameter.

        Raises:
            LeftOut: the operation needs it, and no tool can send it.
            Unresolvable: a reference cannot be followed.
        """
        name, place = str(parameter.get("name", "")), parameter.get("in")
        if place in ("path", "query") and _SECRET.intersection(words_of(name)[-1:]):
            raise LeftOut("takes a secret in its address")
        required = parameter.get("required") is True or place == "path"
        try:
            if not _WIRE.fullmatch(name):
                raise LeftOut("has a parameter whose name has other characters than ASCII ones, or too many")
            if place == "header":
                self._header(name, parameter, required=required)
            elif place in ("path", "query"):
                self._add(name, place, parameter, required=required)
            else:
                raise LeftOut("needs a cookie" if place == "cookie" else "has a parameter in an unknown place")
        except LeftOut as reason:
            if required:
                raise
            self.ignored.append(f"{shown_name(name)}: {reason}")

    def _header(self, name: str, parameter: Node, *, required: bool) -> None:
        if name.lower() in _IGNORED_HEADERS:
            return
        schema = self._description.schema(parameter.get("schema"))
        fixed = [one for one in (schema.get("const"), *list_of(schema.get("enum"))[:1], schema.get("default")) if one]
        if required and fixed and _HEADER.fullmatch(str(fixed[0])) and re.fullmatch(r"[A-Za-z0-9-]{1,60}", name):
            self.headers[name] = str(fixed[0])
            return
        raise LeftOut(f"needs the header {shown_name(name)}" if required else "a header")

    def _add(self, name: str, place: str, parameter: Node, *, required: bool) -> None:
        if "content" in parameter:
            raise LeftOut("needs a parameter that is itself a document" if required else "itself a document")
        schema = self._description.schema(parameter.get("schema"))
        style = str(parameter.get("style", "simple" if place == "path" else "form"))
        kind = schema.get("type", "string")
        if style == "deepObject" or (kind == "object" and place == "query"):
            self._deep(name, schema, style, required=required)
            return
        if kind in ("object", "null") or (place == "path" and (style != "simple" or kind == "array")):
            raise LeftOut(f"needs {shown_name(name)} in the style {shown_name(style)}" if required else "an object")
        described = inert(parameter.get("description") or schema.get("description"), MOST_OF_ARGUMENT)
        self._append(name, place, {**parameter, "schema": schema}, described, style, required=required)

    def _deep(self, name: str, schema: Node, style: str, *, required: bool) -> None:
        """An object in the query: an argument for each of its values, sent as ``filter[name]=...``."""
        if style != "deepObject":
            raise LeftOut(f"needs the object {shown_name(name)} in the query" if required else "an object in the query")
        needed = {str(one) for one in list_of(schema.get("required"))} if required else set()
        members = {key: self._description.schema(node) for key, node in mapping_of(schema.get("properties")).items()}
        simple = {key: node for key, node in members.items() if node.get("type", "string") not in ("object", "array")}
        simple = {key: node for key, node in simple.items() if _WIRE.fullmatch(f"{name}[{key}]")}
        if not simple or needed - simple.keys():
            raise LeftOut(f"needs the object {shown_name(name)} in the query" if required else "an object in the query")
        for key, node in simple.items():
            described = inert(node.get("description"), MOST_OF_ARGUMENT)
            member = {"name": f"{name}[{key}]", "schema": node}
            self._append(f"{name}[{key}]", "query", member, described, "form", required=key in needed)

    def _append(self, wire: str, place: str, parameter: Node, described: str, style: str, *, required: bool) -> None:
        schema = mapping_of(parameter["schema"])
        name = argument_name(wire, self._noun, [one.name for one in self.arguments])
        words = " ".join(words_of(wire)) or "value"
        described = described or f"The {words}."
        known = known_values(self._values, parameter)
        example = known[0] if known else None
        annotation, example = self._typed(schema, place, name, words, described, example)
        sent = name
        if schema.get("type") == "array":
            separator = _JOINED.get(style)
            if separator is None:
                raise LeftOut(
                    f"needs {shown_name(wire)} in the style {shown_name(style)}" if required else "of another style"
                )
            is_repeated = parameter.get("explode", style == "form") is not False
            sent = name if is_repeated else _joined(name, separator, optional=not required)
        elif annotation.startswith("Annotated[date,") or "AwareDatetime" in annotation:
            sent = f"{name}.isoformat()" if required else f"{name}.isoformat() if {name} else None"
        misspelt = _unknown(example, known, schema) if place == "path" else None
        self.arguments.append(Argument(name, wire, place, annotation, sent, required, example, misspelt))

    def _typed(self, schema: Node, place: str, name: str, words: str, described: str, example: Any) -> tuple[str, Any]:
        """Python code of the type, and a valid value."""
        says = f"description={described!r}"
        kind = schema.get("type", "string")
        if kind == "boolean":
            return f"Annotated[bool, Field({says})]", example is True
        if kind in ("integer", "number"):
            return _number(schema, name, says, example)
        if kind == "array":
            items = self._description.schema(schema.get("items"))
            if items.get("type", "string") in ("array", "object", "null"):
                raise LeftOut(f"needs lists of objects in {shown_name(name)}")
            inner, value = self._typed(items, "query", name, words, f"One {words}.", self._values.value(items, name))
            most = min(_whole(schema.get("maxItems")) or MOST_ITEMS, MOST_ITEMS)
            return f"Annotated[list[{inner}], Field(min_length=1, max_length={most}, {says})]", [value]
        choices = list(dict.fromkeys(one for one in list_of(schema.get("enum")) if isinstance(one, str)))
        if _are_words(choices):
            listed = ", ".join(map(repr, choices))
            return f"Annotated[Literal[{listed}], Field({says})]", example if example in choices else choices[0]
        return self._text(schema, place, words, says, example)

    def _text(self, schema: Node, place: str, words: str, says: str, example: Any) -> tuple[str, Any]:
        if schema.get("format") == "date" and place == "query":
            return f"Annotated[date, Field({says})]", "2026-03-01"
        if schema.get("format") == "date-time" and place == "query":
            return f"Annotated[AwareDatetime, Field({says}), StartOfDay()]", "2026-03-01T00:00:00Z"
        most = min(_whole(schema.get("maxLength")) or _LONGEST_TEXT, _LONGEST_TEXT)
        is_free = place == "query" and most >= _SHORTEST_FREE and "pattern" not in schema
        if is_free:
            return f"Annotated[str, Field(min_length=1, max_length={most}, {says}), Searched()]", str(example or words)
        shown = str(example) if isinstance(example, str | int) and not isinstance(example, bool) else ""
        if not EXAMPLE.fullmatch(shown) or len(shown) > most:
            shown = "x"[:most]
        phrase = f"the {words}, such as {shown}"
        code = f"Identifier({phrase!r}, {shown!r}, pattern=ONE_LINE, max_length={most})"
        return f"Annotated[str, {code}, Field({says})]", shown


def _number(schema: Node, name: str, says: str, example: Any) -> tuple[str, Any]:
    whole = schema.get("type") == "integer"
    bounds = []
    for bound, exclusive, keyword, strict in (
        ("minimum", "exclusiveMinimum", "ge", "gt"), ("maximum", "exclusiveMaximum", "le", "lt"),
    ):  # fmt: skip
        value, beyond = schema.get(bound), schema.get(exclusive)
        if _is_number(beyond):
            bounds.append(f"{strict}={beyond!r}")
        elif _is_number(value):
            bounds.append(f"{strict if beyond is True else keyword}={int(value) if whole else value!r}")
    exact = ", Exact()" if _EXACT.search(name) else ""
    is_right = _is_number(example) and (not whole or isinstance(example, int))
    arguments = ", ".join([*bounds, says])
    return f"Annotated[{'int' if whole else 'float'}, Field({arguments}){exact}]", example if is_right else 1


def _are_words(choices: list[str]) -> bool:
    """Whether a model can choose among these, and no two of them are read as the same."""
    if not 0 < len(choices) <= _MOST_CHOICES or not all(map(_CHOICE.fullmatch, choices)):
        return False
    folded = {re.sub(r"[^a-z0-9]", "", choice.lower()).replace("lled", "led") for choice in choices}
    return len(folded) == len(choices) and "" not in folded


def _joined(name: str, separator: str, *, optional: bool) -> str:
    code = f"{separator!r}.join(map(str, {name}))"
    return f"{code} if {name} else None" if optional else code


def _unknown(example: Any, known: tuple[Any, ...], schema: Node) -> Any:
    """A valid value of an identifier of which there is no simulated record; None if there is none."""
    if isinstance(example, str):
        return f"{example}x" if f"{example}x" not in known else f"{example}xx"
    if isinstance(example, int) and not isinstance(example, bool):
        most = schema.get("maximum")
        other = 987654321 if not _is_number(most) else int(most)
        return other if other not in known else None
    return None


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def shown_name(name: str) -> str:
    """The name of a parameter for people: other signs than those of names are left out."""
    return re.sub(r"[^A-Za-z0-9_.\[\]-]", "", name)[:60] or "?"


def read_parameters(description: Description, parameters: list[Node], path_names: list[str], noun: str) -> Parameters:
    """The arguments of an operation.

    Args:
        path_names: the parameters in the template of its path, in order.

    Raises:
        LeftOut: it needs what no tool can send.
    """
    found = Parameters(description, noun)
    declared: Mapping[str, Node] = {str(one.get("name")): one for one in parameters if one.get("in") == "path"}
    try:
        for name in path_names:
            found.take(declared.get(name, {"name": name, "in": "path", "schema": {"type": "string"}}))
        for parameter in parameters:
            if parameter.get("in") != "path":
                found.take(parameter)
    except Unresolvable as error:
        raise LeftOut(str(error)) from None
    return found

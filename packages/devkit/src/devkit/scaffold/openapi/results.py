"""Response schemas as models: what a tool returns, with marks on text from outside."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from devkit.scaffold.openapi.names import class_name, field_name, singular, words_of
from devkit.simulators.openapi.description import Description, Node, Unresolvable, list_of, mapping_of

MOST_FIELDS: Final = 30
"""Fields of the record that a tool is about."""
MOST_INNER_FIELDS: Final = 12
_DEEPEST: Final = 2
"""Levels of records within a record; what is deeper is shown as JSON."""
_SHORT: Final = 100
_LINE_FORMATS: Final = frozenset(
    {
        "date",
        "date-time",
        "time",
        "duration",
        "uuid",
        "email",
        "uri",
        "url",
        "uri-reference",
        "hostname",
        "ipv4",
        "ipv6",
    }
)
_LINES: Final = frozenset(
    [
        "address",
        "category",
        "city",
        "code",
        "color",
        "colour",
        "country",
        "currency",
        "email",
        "id",
        "identifier",
        "key",
        "kind",
        "label",
        "language",
        "locale",
        "login",
        "name",
        "number",
        "phone",
        "postcode",
        "reference",
        "role",
        "sku",
        "slug",
        "state",
        "status",
        "street",
        "symbol",
        "time",
        "timezone",
        "title",
        "type",
        "unit",
        "url",
        "username",
        "uuid",
        "version",
        "zip",
    ]
)
"""Last words of properties whose text is a name rather than prose."""
_FIRST: Final = ("id", "name", "title", "status", "state", "type")
_UNREAD_FORMATS: Final = frozenset({"binary", "byte", "password"})


@dataclass(frozen=True)
class ModelField:
    """A field of a model: its name, its type as Python code, and the API's name for it."""

    name: str
    annotation: str
    wire: str


@dataclass(frozen=True)
class Model:
    """A model in generated code."""

    name: str
    fields: tuple[ModelField, ...]


@dataclass
class Models:
    """Makes the models of one module.

    Attributes:
        made: in an order in which each stands before those that have it as a field.
        left_out: how many properties have no field.
    """

    description: Description
    made: list[Model] = field(default_factory=list[Model])
    left_out: int = 0

    def model(self, node: Any, words: Sequence[str]) -> Model | None:
        """The model of an object.

        Args:
            words: its name, unless the description gives it one.

        Returns:
            None for a schema that is no object with properties.
        """
        return self._model(node, words, 0, ())

    def _model(self, node: Any, words: Sequence[str], depth: int, inside: tuple[str, ...]) -> Model | None:
        schema = self.description.schema(node)
        properties = mapping_of(schema.get("properties"))
        if schema.get("type") != "object" or not properties or depth > _DEEPEST:
            return None
        reference = mapping_of(node).get("$ref")
        if isinstance(reference, str):
            if reference in inside:
                return None
            inside = (*inside, reference)
            words = words_of(reference.rpartition("/")[2]) or words
        fields = tuple(self._fields(schema, properties, words, depth, inside))
        if not fields:
            return None
        same = next((one for one in self.made if one.fields == fields and one.name.startswith(_pascal(words))), None)
        if same is not None:
            return same
        model = Model(class_name(words, [one.name for one in self.made]), fields)
        self.made.append(model)
        return model

    def _fields(
        self, schema: Node, properties: Node, words: Sequence[str], depth: int, inside: tuple[str, ...]
    ) -> Iterator[ModelField]:
        required = {str(one) for one in list_of(schema.get("required"))}
        wires = sorted(
            map(str, properties),
            key=lambda wire: (_FIRST.index(wire) if wire in _FIRST else len(_FIRST), wire not in required),
        )
        most, names = (MOST_FIELDS if depth == 0 else MOST_INNER_FIELDS), list[str]()
        for wire in wires:
            annotation = self._annotation(properties[wire], wire, words, depth, inside)
            if annotation is None or len(names) >= most or not re.fullmatch(r"[\x20-\x7e]{1,80}", wire):
                self.left_out += 1
                continue
            name = field_name(wire, names)
            names.append(name)
            yield ModelField(name, annotation, wire)

    def _annotation(
        self, node: Any, wire: str, words: Sequence[str], depth: int, inside: tuple[str, ...]
    ) -> str | None:
        """Python code of the type of a property; None for one that no result shows."""
        try:
            schema = self.description.schema(node)
            if schema.get("writeOnly") is True or schema.get("format") in _UNREAD_FORMATS:
                return None
            kind = schema.get("type")
            if kind == "array":
                inner = self._annotation(schema.get("items", {}), singular(wire), words, depth, inside)
                return None if inner is None else f"Annotated[list[{inner}], FIRST]"
            if kind == "object":
                own = (*words[-2:], *words_of(wire))
                model = self._model(node, own, depth + 1, inside)
                return "Json" if model is None else model.name
        except Unresolvable:
            return "Json"
        if kind == "string":
            return "Name" if _is_line(schema, wire) else "Text"
        return {"integer": "int", "number": "float", "boolean": "bool"}.get(str(kind), "Json")


def _is_line(schema: Node, wire: str) -> bool:
    most = schema.get("maxLength")
    return (
        bool(schema.get("enum"))
        or schema.get("format") in _LINE_FORMATS
        or (isinstance(most, int) and most <= _SHORT)
        or bool(_LINES.intersection(words_of(wire)[-1:]))
    )


def _pascal(words: Sequence[str]) -> str:
    return class_name(words, ())


@dataclass(frozen=True)
class Rows:
    """Where the records of a list are in its response.

    Attributes:
        path: the property with them; empty where the response is the list.
        items: the schema of a record.
        envelope: the properties beside them.
    """

    path: tuple[str, ...]
    items: Any
    envelope: Mapping[str, Any]


_ENVELOPES: Final = frozenset(
    {"data", "items", "results", "records", "values", "entries", "list", "elements", "rows", "hits", "content", "value"}
)


def rows_of(description: Description, node: Any, path: str) -> Rows | None:
    """The records of a response that is a list; None for one record.

    Args:
        path: the template of the operation's path.

    Raises:
        Unresolvable: a reference cannot be followed.
    """
    schema = description.schema(node)
    if schema.get("type") == "array":
        return Rows((), schema.get("items", {}), {})
    if path.rstrip("/").endswith("}"):
        return None
    properties = mapping_of(schema.get("properties"))
    last = [part for part in path.lower().split("/") if part and "{" not in part][-1:]
    lists: dict[str, Any] = {}
    for name, inner in properties.items():
        found = description.schema(inner)
        if found.get("type") == "array":
            lists[str(name)] = found.get("items", {})
    wanted = [name for name in lists if name.lower() in _ENVELOPES or name.lower() in last]
    if len(wanted) != 1 and len(lists) == 1 and len(properties) <= 6:
        wanted = [*lists]
    if len(wanted) != 1:
        return None
    return Rows((wanted[0],), lists[wanted[0]], {key: one for key, one in properties.items() if key != wanted[0]})

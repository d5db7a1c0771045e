"""Reads parts of an OpenAPI 3 description: local references, merged schemas, and the response of an operation."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Node = Mapping[str, Any]
DESCRIPTION: Final = "openapi.json"
"""The file in a server's folder with the description of the API that it reads, if that API is simulated."""

_MOST_HOPS: Final = 20
"""References to references."""
_MERGED: Final = ("oneOf", "anyOf", "allOf")
_MOST_PARTS: Final = 100
"""Alternatives of a schema that are looked at, with those within them."""
_DEEPEST: Final = 8


class Unresolvable(ValueError):
    """A reference leads nowhere, in a circle, or out of the file. The message completes a sentence about it."""


class Description:
    """An OpenAPI 3.0 or 3.1 description as plain data.

    Attributes:
        root: the whole document.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    def resolved(self, node: Any) -> Node:
        """`node`, or what its reference points to; an empty object for what is no object.

        Raises:
            Unresolvable: a reference cannot be followed.
        """
        beside: dict[str, Any] = {}
        for _ in range(_MOST_HOPS):
            if not isinstance(node, Mapping):
                return beside
            if not isinstance(node.get("$ref"), str):
                return {**node, **beside} if beside else node
            beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            node = self._at(node["$ref"])
        raise Unresolvable("has a circle of references")

    def schema(self, node: Any) -> dict[str, Any]:
        """A schema with the properties of all its alternatives, and without null among its types.

        The alternatives are one object: a caller cannot know which of them a response has. An alternative that is only
        null is left out.

        Raises:
            Unresolvable: a reference cannot be followed.
        """
        return self._whole(node, iter(range(_MOST_PARTS)), 0)

    def _whole(self, node: Any, left: Iterator[int], depth: int) -> dict[str, Any]:
        """A schema with its alternatives; `left` ends after as many as are looked at."""
        found = dict(self.resolved(node))
        parts = [part for key in _MERGED for part in list_of(found.pop(key, None))]
        merged = []
        for part in parts if depth < _DEEPEST else []:
            if next(left, None) is None:
                break
            merged.append(self._whole(part, left, depth + 1))
        merged = [part for part in merged if part.get("type") != "null"]
        if not merged:
            return _typed(found)
        properties: dict[str, Any] = {}
        for part in (*merged, found):
            properties.update(mapping_of(part.get("properties")))
        kinds = {part["type"] for part in map(_typed, (*merged, found)) if "type" in part}
        whole = {**merged[0], **found} if len(merged) == 1 or len(kinds) <= 1 else dict(found)
        if properties:
            whole["properties"] = properties
        if len(kinds) == 1:
            whole["type"] = kinds.pop()
        elif kinds:
            whole.pop("type", None)
            whole.pop("properties", None)
        return _typed(whole)

    def operations(self) -> Iterator[tuple[str, str, Node, Node]]:
        """Path, method, path item and operation of each operation, in the order of the file."""
        for path, item in mapping_of(self.root.get("paths")).items():
            try:
                found = self.resolved(item)
            except Unresolvable:
                found = {}
            for method, operation in found.items():
                if method in _METHODS and isinstance(operation, Mapping):
                    yield str(path), method, found, operation

    def success(self, operation: Node) -> tuple[int, Node] | None:
        """Status and description of the response of a success; None if none is described."""
        responses = mapping_of(operation.get("responses"))
        known = {str(status): response for status, response in responses.items()}
        exact = sorted(status for status in known if len(status) == 3 and status[0] == "2" and status.isdigit())
        for name in (*exact, "2XX", "2xx", "default"):
            if name in known:
                return int(name) if name.isdigit() else 200, self.resolved(known[name])
        return None

    def json_content(self, response: Node) -> Node | None:
        """The media type object of a response's JSON; None if it has none."""
        content = mapping_of(response.get("content"))
        for media_type, described in content.items():
            kind = str(media_type).partition(";")[0].strip().lower()
            if kind in ("application/json", "*/*", "application/*") or kind.endswith("+json"):
                return mapping_of(described)
        return None

    def parameters(self, item: Node, operation: Node) -> list[Node]:
        """The parameters of an operation and its path; those of the operation replace others of that name and place.

        Raises:
            Unresolvable: a reference cannot be followed.
        """
        found: dict[tuple[str, str], Node] = {}
        for node in (*list_of(item.get("parameters")), *list_of(operation.get("parameters"))):
            parameter = self.resolved(node)
            found[str(parameter.get("name", "")), str(parameter.get("in", ""))] = parameter
        return list(found.values())

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise Unresolvable("has a reference to another file")
        node: Any = self.root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and name in node:
                node = node[name]
            elif isinstance(node, list) and name.isascii() and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            else:
                raise Unresolvable("has a reference to a part that the file lacks")
        return node


_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def mapping_of(value: Any) -> Node:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with one type or none: null is left out, and the type of properties and items is said."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if isinstance(one, str) and one != "null"]
        schema = {key: value for key, value in schema.items() if key != "type"}
        if len(kinds) == 1:
            schema["type"] = kinds[0]
        elif not kinds:
            schema["type"] = "null"
    elif kind is not None and not isinstance(kind, str):
        schema = {key: value for key, value in schema.items() if key != "type"}
    if "type" not in schema and isinstance(schema.get("properties"), Mapping):
        schema = {**schema, "type": "object"}
    if "type" not in schema and isinstance(schema.get("items"), Mapping):
        schema = {**schema, "type": "array"}
    return schema

"""The part of a description that stays with the server, for its simulator: the tools' operations, without prose."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from devkit.scaffold.openapi.operations import Tool
from devkit.simulators.openapi.description import Description, Node, mapping_of

_PROSE: Final = frozenset({"description", "summary", "title", "externalDocs", "tags", "$comment", "callbacks", "links"})
_NAMED: Final = frozenset({"properties", "schemas", "parameters", "responses", "examples", "definitions", "paths"})
"""Objects whose keys are names and not words of OpenAPI."""
_LITERAL: Final = frozenset({"example", "default", "enum", "const", "value"})


def stored(description: Description, tools: Sequence[Tool], server: str) -> dict[str, Any]:
    """An OpenAPI 3 document with the operations of these tools, the parts that they refer to, and no texts.

    Args:
        server: the base URL of the API.
    """
    root = description.root
    paths: dict[str, Any] = {}
    items = mapping_of(root.get("paths"))
    for tool in tools:
        item = description.resolved(items[tool.path])
        kept = {"get": _pruned(_read(description, tool.operation))}
        if "parameters" in item:
            kept["parameters"] = _pruned(item["parameters"])
        paths[tool.path] = kept
    found: dict[str, Any] = {
        "openapi": "3.1.0" if str(root.get("openapi", "")).startswith("3.1") else "3.0.3",
        "info": {"title": "Operations of this server's tools", "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
    }
    waiting, done = [*_references(paths)], set[str]()
    while waiting:
        reference = waiting.pop()
        if reference in done or not reference.startswith("#/"):
            continue
        done.add(reference)
        target = _pruned(_target(root, reference))
        if target is not None:
            _place(found, reference, target)
            waiting += _references(target)
    return found


def _target(root: Node, reference: str) -> Any:
    node: Any = root
    for name in _names(reference):
        node = mapping_of(node).get(name)
    return node


def _place(found: dict[str, Any], reference: str, target: Any) -> None:
    node = found
    *above, last = _names(reference)
    for name in above:
        inner = node.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        node = inner
    node.setdefault(last, target)


def _names(reference: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")]


def _read(description: Description, operation: Node) -> dict[str, Any]:
    """An operation with its parameters and the response that its tool reads."""
    success = description.success(operation)
    content = description.json_content(success[1]) if success is not None else None
    status = str(success[0]) if success is not None else "200"
    media_type = {"application/json": _first_example(content or {})}
    return {
        **({"parameters": operation["parameters"]} if "parameters" in operation else {}),
        "responses": {status: {"description": "Success.", "content": media_type}},
    }


def _first_example(media_type: Node) -> dict[str, Any]:
    examples = mapping_of(media_type.get("examples"))
    return {**media_type, **({"examples": dict([next(iter(examples.items()))])} if examples else {})}


def _pruned(node: Any, *, named: bool = False) -> Any:
    """A copy without texts and extensions."""
    if isinstance(node, Mapping):
        kept = {}
        for key, value in node.items():
            name = str(key)
            if not named and (name in _PROSE or name.startswith("x-")):
                continue
            is_literal = not named and name in _LITERAL
            kept[name] = value if is_literal else _pruned(value, named=not named and name in _NAMED)
        return kept
    return [_pruned(item) for item in node] if isinstance(node, list) else node


def _references(node: Any) -> list[str]:
    """The references in a part of a description."""
    if isinstance(node, Mapping):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [one for value in node.values() for one in _references(value)]
    return [one for item in node for one in _references(item)] if isinstance(node, list) else []

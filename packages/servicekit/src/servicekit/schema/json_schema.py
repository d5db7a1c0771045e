"""JSON Schemas as a model should read them: no generated titles, no indirection, nothing said twice."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]


def advertised_input(schema: Mapping[str, Any]) -> Schema:
    """The input schema of a tool: references resolved, an argument that may be left out shown as its type alone."""
    definitions = schema.get("$defs", {})
    properties = {
        name: _without_null(_resolve(value, definitions)) for name, value in schema.get("properties", {}).items()
    }
    advertised: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := schema.get("required"):
        advertised["required"] = list(required)
    return advertised


def advertised_output(schema: Mapping[str, Any], *, partial: bool = False) -> Schema:
    """The output schema of a model; fields that may be null may also be absent, since nulls are not sent.

    Args:
        schema: what pydantic generated, in serialisation mode.
        partial: every field may be absent (the caller chooses with `fields`).
    """
    resolved: Schema = _resolve(schema, schema.get("$defs", {}))
    _relax_required(resolved)
    if partial:
        resolved.pop("required", None)
    return resolved


def _resolve(node: Any, definitions: Mapping[str, Any]) -> Any:
    """`node` with references inlined and generated titles gone. Models here are trees, so this ends."""
    if isinstance(node, list):
        return [_resolve(item, definitions) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _resolve({**target, **{key: value for key, value in node.items() if key != "$ref"}}, definitions)
    return {
        key: (
            {name: _resolve(value, definitions) for name, value in item.items()}
            if key == "properties"
            else _resolve(item, definitions)
        )
        for key, item in node.items()
        if not (key == "title" and isinstance(item, str)) and key != "$defs"
    }


def _without_null(schema: Schema) -> Schema:
    """Null is accepted where it is the default, but saying so for each argument costs tokens and teaches nothing."""
    if schema.get("default", ...) is not None:
        return schema
    slim = {key: value for key, value in schema.items() if key != "default"}
    alternatives = [option for option in slim.pop("anyOf", []) if option != {"type": "null"}]
    if len(alternatives) == 1:
        return {**alternatives[0], **slim}
    return {**slim, "anyOf": alternatives} if alternatives else slim


def _nullable(schema: Any) -> bool:
    return isinstance(schema, Mapping) and any(option == {"type": "null"} for option in schema.get("anyOf", ()))


def _relax_required(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _relax_required(item)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            required = [name for name in node.pop("required", ()) if not _nullable(properties.get(name))]
            if required:
                node["required"] = required
            for name, value in properties.items():
                if _nullable(value):
                    properties[name] = _without_null({"default": None, **value})
        for value in node.values():
            _relax_required(value)

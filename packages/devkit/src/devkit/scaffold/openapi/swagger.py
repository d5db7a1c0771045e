"""Turns the parts of a Swagger 2.0 description that read tools need into OpenAPI 3.

A parameter's type moves into its schema, a response's schema into its content, and host, basePath and schemes become a
server.
"""

from collections.abc import Mapping
from typing import Any, Final

_SCHEMA: Final = (
    "type", "format", "items", "enum", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "multipleOf",
)  # fmt: skip
_STYLES: Final = {"csv": ("form", False), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False),
                  "multi": ("form", True), "tsv": ("tabDelimited", False)}  # fmt: skip


def as_openapi_3(root: Mapping[str, Any]) -> dict[str, Any]:
    """The description as OpenAPI 3. References into `definitions` stay as they are, since that part stays in place."""
    produces = _names(root.get("produces"))
    converted = {
        key: value for key, value in root.items() if key not in ("swagger", "paths", "parameters", "responses")
    }
    converted["openapi"] = "3.0.3"
    converted["servers"] = _servers(root)
    converted["parameters"] = {name: _parameter(node) for name, node in _mapping(root.get("parameters")).items()}
    converted["responses"] = {name: _response(node, produces) for name, node in _mapping(root.get("responses")).items()}
    converted["components"] = {
        "securitySchemes": {name: _scheme(node) for name, node in _mapping(root.get("securityDefinitions")).items()}
    }
    converted["paths"] = {path: _item(item, produces) for path, item in _mapping(root.get("paths")).items()}
    return converted


def _item(item: Any, produces: list[str]) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {
        key: _parameters(value)
        if key == "parameters"
        else _operation(value, produces)
        if isinstance(value, Mapping)
        else value
        for key, value in item.items()
    }


def _operation(operation: Mapping[str, Any], produces: list[str]) -> dict[str, Any]:
    own = _names(operation.get("produces")) or produces
    converted = {key: value for key, value in operation.items() if key not in ("produces", "consumes", "schemes")}
    if "parameters" in converted:
        converted["parameters"] = _parameters(converted["parameters"])
    converted["responses"] = {
        status: _response(response, own) for status, response in _mapping(operation.get("responses")).items()
    }
    return converted


def _parameters(nodes: Any) -> list[Any]:
    return [_parameter(node) for node in nodes] if isinstance(nodes, list) else []


def _parameter(node: Any) -> Any:
    if not isinstance(node, Mapping) or "$ref" in node or node.get("in") == "body":
        return node
    converted = {key: value for key, value in node.items() if key not in (*_SCHEMA, "collectionFormat")}
    converted["schema"] = {key: node[key] for key in _SCHEMA if key in node}
    if node.get("type") == "array":
        style, explode = _STYLES.get(str(node.get("collectionFormat", "csv")), ("form", False))
        converted |= {"style": style, "explode": explode}
    return converted


def _response(node: Any, produces: list[str]) -> Any:
    if not isinstance(node, Mapping) or "$ref" in node:
        return node
    converted = {key: value for key, value in node.items() if key not in ("schema", "examples")}
    if "schema" in node:
        examples = _mapping(node.get("examples"))
        converted["content"] = {
            kind: {"schema": node["schema"], **({"example": examples[kind]} if kind in examples else {})}
            for kind in produces or ["application/json"]
        }
    return converted


def _scheme(node: Any) -> Any:
    return {"type": "http", "scheme": "basic"} if isinstance(node, Mapping) and node.get("type") == "basic" else node


def _servers(root: Mapping[str, Any]) -> list[dict[str, str]]:
    host, base = root.get("host"), root.get("basePath")
    if not isinstance(host, str):
        return []
    schemes = _names(root.get("schemes")) or ["https"]
    scheme = "https" if "https" in schemes else schemes[0]
    return [{"url": f"{scheme}://{host}{base if isinstance(base, str) else ''}"}]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

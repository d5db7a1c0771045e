"""GitHub's published OpenAPI description, from its npm package, as JSON Schemas."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fixtures.published import OPENAPI, published


def description() -> dict[str, Any]:
    """The OpenAPI document. Skips the test if npm or its registry is unavailable."""
    path = published(OPENAPI) / "generated" / "api.github.com.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def _is_a_time(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None


@FORMATS.checks("uri")
def _is_a_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[a-z]+://[^\s{}]+", value) is not None


class GitHubDescription:
    """Checks responses against the description."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths: Mapping[str, Any] = document["paths"]
        self._templates = {_nameless(template): template for template in self._paths}
        self._responses: Mapping[str, Any] = document["components"]["responses"]
        schemas = _as_json_schema({"components": document["components"], "paths": document["paths"]})
        resource = Resource(contents=schemas, specification=DRAFT4)
        self._registry: Registry[Any] = Registry().with_resource("urn:github", resource)

    def problems(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """The deviations of a JSON response from the description.

        Args:
            template: the path, such as ``/repos/{owner}/{repo}``; what its variables are called does not matter.
        """
        template = self._templates.get(_nameless(template), template)
        operation = self._paths.get(template, {}).get(method.lower())
        if operation is None:
            return [f"there is no {method} {template} at GitHub"]
        pointer = f"#/paths/{_escaped(template)}/{method.lower()}/responses/{status}"
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{method} {template} never answers {status}"]
        if "$ref" in response:
            pointer = response["$ref"]
            response = self._responses[pointer.rpartition("/")[2]]
        if "application/json" not in response.get("content", {}):
            return [] if body is None else [f"{method} {template} {status} has no JSON body"]
        schema = {"$ref": f"urn:github{pointer}/content/application~1json/schema"}
        validator = Draft4Validator(schema, registry=self._registry, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)][:10]


def _nameless(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", template)


def _escaped(template: str) -> str:
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: expands `nullable`, and makes oneOf with a discriminator anyOf."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_json_schema(value) for key, value in node.items() if key not in ("example", "examples")}
    if "discriminator" in found and "oneOf" in found:
        found["anyOf"] = found.pop("oneOf")
    if found.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, {key: value for key, value in found.items() if key != "nullable"}]}
    return found

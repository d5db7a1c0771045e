"""GitHub's published OpenAPI description, from its npm package, as JSON Schemas."""

import json
import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fixtures.published import OPENAPI, published


@cache
def description() -> "GitHubDescription":
    """GitHub's description. Skips the test if npm or its registry is unavailable."""
    path = published(OPENAPI) / "generated" / "api.github.com.json"
    return GitHubDescription(json.loads(path.read_text(encoding="utf-8")))


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def _is_a_time(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None


@FORMATS.checks("uri")
def _is_a_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[a-z]+://[^\s{}]+", value) is not None


class GitHubDescription:
    """Checks requests and responses against the description."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths: Mapping[str, Any] = document["paths"]
        self._templates = {_nameless(template): template for template in self._paths}
        self._responses: Mapping[str, Any] = document["components"]["responses"]
        self._parameters: Mapping[str, Any] = document["components"]["parameters"]
        self._document = document
        self._validators: dict[str, Draft4Validator] = {}

    @cached_property
    def _registry(self) -> Registry[Any]:
        parts = {part: self._document[part] for part in ("components", "paths")}
        resource = Resource(contents=_as_json_schema(parts), specification=DRAFT4)
        return Registry[Any]().with_resource("urn:github", resource)

    def request_problems(self, method: str, template: str, query: Mapping[str, str], body: Any) -> list[str]:
        """The deviations of a request from the description: an unknown parameter or member, or a wrong value."""
        template = self._templates.get(_nameless(template), template)
        operation = self._paths.get(template, {}).get(method.lower())
        if operation is None:
            return [f"there is no {method} {template} at GitHub"]
        parameters = [self._parameter(one) for one in operation.get("parameters", ())]
        known = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
        found = [f"?{name} is unknown" for name in query.keys() - known.keys()]
        found += [
            f"?{name}: {error.message}"
            for name, text in query.items()
            if name in known
            for error in self._validator(known[name]).iter_errors(_value(text, known[name]))
        ]
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if not body:
            return found
        if schema is None:
            return [*found, "there is a body"]
        members = schema.get("properties", body)
        found += [f"{name} is unknown in the body" for name in body if name not in members]
        return found + [
            f"{error.json_path}: {error.message[:200]}" for error in self._validator(schema).iter_errors(body)
        ]

    def _parameter(self, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = parameter.get("$ref")
        return parameter if reference is None else self._parameters[reference.rpartition("/")[2]]

    def _validator(self, schema: Any) -> Draft4Validator:
        """For a schema of the document, whose references are to its components."""
        text = json.dumps(_as_json_schema(schema))
        if text not in self._validators:
            own = json.loads(text.replace('"#/', '"urn:github#/'))
            registry = self._registry if own != json.loads(text) else Registry[Any]()
            self._validators[text] = Draft4Validator(own, registry=registry, format_checker=FORMATS)
        return self._validators[text]

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


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    """A query parameter as a value of its schema."""
    match schema.get("type"):
        case "integer" if text.isdecimal():
            return int(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "array":
            return text.split(",")
    return text


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

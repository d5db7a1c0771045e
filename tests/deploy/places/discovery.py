"""Checks objects against Google's own description of the Cloud Run API (v1, the Knative one)."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


@cache
def schemas() -> Schema:
    """The schemas of the API. Without their package, the test is skipped."""
    package = find_spec("googleapiclient")
    if package is None or package.origin is None:
        pytest.skip("google-api-python-client is missing: `make test` and `make charts` install it")
    documents = Path(package.origin).parent / "discovery_cache" / "documents"
    described: Schema = json.loads((documents / "run.v1.json").read_text(encoding="utf-8"))["schemas"]
    return described


def problems(document: Any) -> list[str]:
    """What the API does not know, refuses or does not support, each with its path."""
    kind = document["kind"]
    return [*_problems(document, {"$ref": kind}, kind), *_annotation_problems(document)]


def _problems(value: Any, schema: Schema, path: str) -> Iterator[str]:
    schema = schemas()[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type", "object")
    if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield f"{path} is {type(value).__name__}, not {kind}"
    elif kind == "array":
        for number, item in enumerate(value):
            yield from _problems(item, schema["items"], f"{path}[{number}]")
    elif kind == "object":
        yield from _member_problems(value, schema, path)
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value}, not one of {', '.join(schema['enum'])}"


def _member_problems(value: Schema, schema: Schema, path: str) -> Iterator[str]:
    members, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, member in value.items():
        described = members.get(name, others)
        if described is None:
            yield f"{path}.{name} is unknown"
        elif re.search(r"(^|\. )Not supported (by|in) Cloud Run", described.get("description", "")):
            yield f"{path}.{name} is not supported by Cloud Run"
        else:
            yield from _problems(member, described, f"{path}.{name}")


def _annotation_problems(document: Any) -> Iterator[str]:
    """Annotations that this resource does not have: the API lists them in words, each with its resources."""
    text = schemas()["ObjectMeta"]["properties"]["annotations"]["description"]
    allowed = {
        name: set(re.findall(r"\w+", kinds)) for name, kinds in re.findall(r"`([\w.-]+/[\w-]+)`: ([\w, ]+)", text)
    }
    inner = "Revision" if document["kind"] == "Service" else "Execution"
    for metadata, resource in (
        (document["metadata"], document["kind"]),
        (document["spec"]["template"]["metadata"], inner),
    ):
        for name in metadata.get("annotations", {}):
            if "All" not in allowed.get(name, set()) and resource not in allowed.get(name, set()):
                yield f"{resource} has no annotation {name}"

"""Validates Kubernetes objects against strict schemas of Kubernetes and of additional kinds."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate import SchemaNotFoundError
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
"""Supported Kubernetes versions. The oldest is the first with a sleep action in preStop (KEP-3960)."""


class Kinds:
    """The schemas of all kinds and versions."""

    def __init__(self, further: Path) -> None:
        """`further` is a folder of schemas for additional kinds, ``<group>_<version>_<kind>.yaml``."""
        self._further = further

    def problems(self, document: dict[str, Any], version: str) -> list[str]:
        """Problems of an object with a Kubernetes version, each as ``kind/name: path: reason``."""
        name = f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"
        try:
            validator = self._validator(document["apiVersion"], document["kind"], version)
        except SchemaNotFoundError:
            unknown = f"Kubernetes {version} does not know {document['apiVersion']} {document['kind']}"
            return [f"{name}: {unknown}. For an additional kind, add its schema to helm/{self._further.name}."]
        return [f"{name}: {error.json_path}: {error.message}" for error in _leaves(validator.iter_errors(document))]

    def _validator(self, api: str, kind: str, version: str) -> Draft202012Validator:
        own = self._further / f"{api.replace('/', '_')}_{kind}.yaml"
        if own.exists():
            return Draft202012Validator(yaml.safe_load(own.read_text(encoding="utf-8")))
        return _of_kubernetes(api, kind, version)


def _leaves(errors: Iterator[Any]) -> Iterator[Any]:
    for error in errors:
        yield from _leaves(iter(error.context)) if error.context else (error,)


@cache
def _of_kubernetes(api: str, kind: str, version: str) -> Draft202012Validator:
    """The validator of one kind, cached: `kubernetes_validate.validate` reads megabytes for every object."""
    group, _, rest = api.rpartition("/")
    stem = f"{kind}-{group.split('.')[0]}-{rest}" if group else f"{kind}-{rest}"
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    if not files("kubernetes_validate").joinpath(f"{folder}/{stem.lower()}.json").is_file():
        raise SchemaNotFoundError(kind, version, api)
    schema = schema_contents(f"{folder}/{stem.lower()}.json", version)
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ _definitions(folder, version))


@cache
def _definitions(folder: str, version: str) -> Registry[Any]:
    return Resource.from_contents(schema_contents(f"{folder}/_definitions.json", version)) @ Registry()

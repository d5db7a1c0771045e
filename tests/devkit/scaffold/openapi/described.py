"""Small descriptions for tests, and what becomes of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devkit.scaffold.openapi.operations import Operations, choose
from devkit.scaffold.openapi.plan import plan_from_openapi
from devkit.scaffold.openapi.reading import read_description
from devkit.settings import DevkitSettings
from devkit.simulators.openapi.description import Description

ZOO = Path(__file__).with_name("zoo.yaml")
"""A made-up API with every kind of parameter and response."""
PET = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def answering(schema: Any = PET, **more: Any) -> dict[str, Any]:
    """An operation that answers with JSON."""
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}, **more}


def of(paths: Mapping[str, Any], **more: Any) -> Description:
    """An OpenAPI 3.1 description."""
    return Description({"openapi": "3.1.0", "paths": paths, **more})


def chosen(paths: Mapping[str, Any], **more: Any) -> Operations:
    """What becomes of the operations of a description, in a fleet without other servers."""
    return choose(of(paths, **more), "crm", lambda _: False)


def query(name: str, **schema: Any) -> dict[str, Any]:
    """An optional query parameter."""
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


def files_of(folder: Path, content: Any, name: str = "crm") -> dict[str, str]:
    """The files that a description makes, by path in the workspace."""
    file = folder / "description.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    plan = plan_from_openapi(DevkitSettings(), name, file, "https://api.example.com/v1")
    return {path.as_posix(): text for path, text in plan.files.items()}


def zoo() -> Description:
    return read_description(ZOO)

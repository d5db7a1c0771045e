"""Checks responses against the models of python-zendesk, which are generated from Zendesk's OpenAPI file.

Argument: the folder with the package. Input: a JSON list of [model, response]. Output: a JSON list of problems.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

folder = Path(sys.argv[1])
package = ModuleType("zendesk")
package.__path__ = [str(folder / "zendesk")]  # without the client around the models, which needs further packages
sys.modules["zendesk"] = package
models = import_module("zendesk.models")


def inner_models(annotation: Any) -> list[type[BaseModel]]:
    """The models within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in inner_models(part)]


def is_list(annotation: Any) -> bool:
    """Whether an annotation contains a list."""
    if get_origin(annotation) in (Union, UnionType) or hasattr(annotation, "__metadata__"):
        return any(map(is_list, get_args(annotation)))
    return get_origin(annotation) is list


def unknown(model: type[BaseModel], value: Any, path: str) -> list[str]:
    """The members of a value that no model of its place has."""
    if not isinstance(value, dict) or model.model_config.get("extra") == "allow" or not model.model_fields:
        return []
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    found = [f"{path}.{name}" for name in value if name not in fields]
    for name, field in fields.items():
        inner = inner_models(field.annotation)
        if len(inner) == 1 and name in value:
            items = value[name] if isinstance(value[name], list) else [value[name]]
            for item in items:
                found += unknown(inner[0], item, f"{path}.{name}")
    return found


problems = []
for name, value in json.load(sys.stdin):
    model = getattr(models, name)
    try:
        model.model_validate(value)
    except ValidationError as error:
        problems += [f"{name}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    problems += [f"{name}: {path[1:]} is unknown" for path in dict.fromkeys(unknown(model, value, ""))]
print(json.dumps(problems))

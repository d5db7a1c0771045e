"""Reads a file with an OpenAPI description, whatever is in it: bounded, without code, without other files."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from devkit.errors import DevkitError
from devkit.scaffold.openapi.swagger import as_openapi_3
from devkit.simulators.openapi.description import Description

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest file. GitHub's description has 13 million bytes."""
MAX_DEPTH: Final = 64
"""The deepest nesting of lists and objects."""
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _PlainLoader(_LOADER):  # type: ignore[misc]  # chosen at run time
    """Plain data as JSON has it (YAML 1.2, 10.2): a date stays the text that it is, and so do ``no`` and ``09:00``."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), _first)


def read_description(file: Path) -> Description:
    """The description in a file, as OpenAPI 3.

    Args:
        file: YAML or JSON of OpenAPI 3.0 or 3.1, or of Swagger 2.0.

    Raises:
        DevkitError: it cannot be read, or is no such description; says why, and what to do.
    """
    root = _content(file)
    if not isinstance(root, Mapping):
        raise DevkitError(f"{file} holds {_kind(root)}, and an OpenAPI description is an object. {_EXAMPLE}")
    swagger, version = str(root.get("swagger", "")), str(root.get("openapi", ""))
    if swagger.startswith("2."):
        root = as_openapi_3(root)
    elif not version.startswith(("3.0", "3.1")):
        said = f"says `openapi: {version[:20]}`" if version else "has no `openapi: 3.0.x` or `3.1.x` at its top"
        raise DevkitError(f"{file} {said}. Versions 2.0, 3.0 and 3.1 of OpenAPI can be read. {_EXAMPLE}")
    if not isinstance(root.get("paths"), Mapping) or not root["paths"]:
        raise DevkitError(f"{file} has no `paths`, so it describes no operation. {_EXAMPLE}")
    return Description(root)


_EXAMPLE: Final = "Give the API's own file, such as OPENAPI=./crm.yaml."


def _content(file: Path) -> Any:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise DevkitError(
                f"{file} has more than {MAX_BYTES // 1024**2} MiB. Keep the paths that the tools need and leave out "
                "the others, then call again."
            )
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DevkitError(f"{file} is not UTF-8 text. {_EXAMPLE}") from None
    except OSError as error:
        raise DevkitError(f"{file} cannot be read: {error.strerror}. {_EXAMPLE}") from None
    if not text.strip():
        raise DevkitError(f"{file} is empty. {_EXAMPLE}")
    content = _json(file, text) if text.lstrip().startswith(("{", "[")) else _yaml(file, text)
    if _depth(content) > MAX_DEPTH:
        raise DevkitError(f"{file} is nested more than {MAX_DEPTH} levels deep. {_EXAMPLE}")
    return content


def _json(file: Path, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and "\n" in text:  # YAML may begin with a brace, too
            try:
                return _yaml(file, text)
            except DevkitError:
                pass
        raise DevkitError(f"{file} is neither JSON nor YAML: {error.msg} in line {error.lineno}. {_EXAMPLE}") from None
    except (RecursionError, ValueError):
        raise DevkitError(f"{file} is no JSON that can be read: too deep, or with NaN. {_EXAMPLE}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _yaml(file: Path, text: str) -> Any:
    """The content of one YAML document. Its events are looked at first: the parser copies what an alias names."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise DevkitError(
                    f"{file} has a YAML alias (*{event.anchor}) in line {_line(event)}. A few of them can "
                    "become a file of any size, so they are not read. Convert the file to JSON, then call again."
                )
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > MAX_DEPTH:
                raise DevkitError(f"{file} is nested more than {MAX_DEPTH} levels deep. {_EXAMPLE}")
        if documents > 1:
            raise DevkitError(f"{file} has {documents} YAML documents. Give a file with one.")
        return _with_text_keys(yaml.load(text, Loader=_PlainLoader))  # noqa: S506  # a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else ""
        raise DevkitError(f"{file} is not valid YAML{where}, nor JSON. {_EXAMPLE}") from None


def _with_text_keys(node: Any) -> Any:
    """The content with the keys of JSON: a status such as 200 is a number in YAML."""
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(item) for item in node] if isinstance(node, list) else node


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _depth(content: Any) -> int:
    """The levels of lists and objects, counted without recursion."""
    level, depth = [content], 0
    while level := [
        value
        for node in level
        if isinstance(node, dict | list)
        for value in (node.values() if isinstance(node, dict) else node)
    ]:
        depth += 1
        if depth > MAX_DEPTH:
            return depth
    return depth


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "text" if isinstance(value, str) else "one value"

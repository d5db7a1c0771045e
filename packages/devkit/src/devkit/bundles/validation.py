"""Checks documents against the schemas beside this file."""

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator, FormatChecker

from devkit.errors import DevkitError

SCHEMAS: Final = Path(__file__).parent / "schemas"
MANIFEST: Final = "mcpb-manifest-0.4.schema.json"
SERVER: Final = "server-2025-12-11.schema.json"


def problems(document: dict[str, Any], schema: str) -> list[str]:
    """What is wrong with a document, one line for each problem, such as ``version: 1 is not of type 'string'``."""
    validator = Draft7Validator(
        json.loads((SCHEMAS / schema).read_text(encoding="utf-8")), format_checker=FormatChecker()
    )
    return [
        f"{'.'.join(map(str, problem.absolute_path)) or 'the document'}: {problem.message}"
        for problem in sorted(validator.iter_errors(document), key=str)
    ]


def require_valid(name: str, document: dict[str, Any], schema: str) -> None:
    """Raise `DevkitError` with the problems of a document."""
    if found := problems(document, schema):
        raise DevkitError(
            f"{name} does not fit {schema}:\n" + "\n".join(f"  {problem}" for problem in found), exit_code=1
        )

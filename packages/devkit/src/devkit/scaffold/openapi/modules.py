"""Divides the tools of a server into modules, none of which is longer than the workspace allows."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devkit.scaffold.openapi.module_code import ModuleOfTools, module_of
from devkit.scaffold.openapi.names import module_name
from devkit.scaffold.openapi.operations import Tool
from devkit.scaffold.openapi.results import Models
from devkit.simulators.openapi.description import Description

MOST_LINES: Final = 280
"""Lines of a module: fewer than the workspace allows, so that some can be added."""


def modules(description: Description, service: str, title: str, tools: Sequence[Tool]) -> list[ModuleOfTools]:
    """The modules, one for each noun at the top of a path; a long one in parts."""
    groups: dict[tuple[str, ...], list[Tool]] = {}
    for tool in tools:
        groups.setdefault(tool.group, []).append(tool)
    found: list[ModuleOfTools] = []
    for words, members in groups.items():
        waiting = [members]
        while waiting:
            part = waiting.pop(0)
            name = module_name(words, [module.name for module in found])
            module = module_of(service, title, name, part, Models(description), tools)
            if len(part) > 1 and max(_lines(module.tools), _lines(module.models)) > MOST_LINES:
                half = len(part) // 2
                waiting = [part[:half], part[half:], *waiting]
                continue
            found.append(module)
    return found


def _lines(code: str) -> int:
    """The lines of code once it is formatted."""
    ruff = Path(sys.executable).with_name("ruff")
    formatted = subprocess.run(
        [ruff, "format", "--quiet", "--stdin-filename", "module.py", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
    )
    return formatted.stdout.count("\n")

"""The import paths of the kit that a service may use: few, written down in docs/architecture.md, and no others."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

PAGE = (WORKSPACE / "docs" / "architecture.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Import paths of the kit\n")[2].partition("\n## ")[0]
PATHS = set(re.findall(r"^\| `(servicekit[a-z_.]*)`", SECTION, re.MULTILINE))
SERVICES = sorted(WORKSPACE.glob("services/*/src/**/*.py"))


@cache
def imports_of_the_kit(path: Path) -> list[tuple[str, str]]:
    """Each name that a file imports from the kit, with the module it comes from."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    found = [(node.module or "", alias.name) for node in imports for alias in node.names]
    return [(module, name) for module, name in found if module.split(".")[0] == "servicekit"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.relative_to(WORKSPACE).as_posix())
def test_services_import_documented_paths_only(path: Path) -> None:
    undocumented = {module for module, _ in imports_of_the_kit(path)} - PATHS
    assert not undocumented, f"use a path of 'Import paths of the kit' in docs/architecture.md, not {undocumented}"


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_documented_path_exports_what_services_import(path: str) -> None:
    module = import_module(path)
    names = {name for file in SERVICES for imported, name in imports_of_the_kit(file) if imported == path}
    exported = set(getattr(module, "__all__", ())) or {name for name in vars(module) if not name.startswith("_")}
    assert names <= exported


def test_documented_paths_are_in_use() -> None:
    used = {module for file in SERVICES for module, _ in imports_of_the_kit(file)}
    others = {"servicekit.pipeline", "servicekit.testing", "servicekit.journal.latest_tables"}
    assert PATHS - used <= others, "for tools that elicit, for tests, and for the first migrations of a new server"

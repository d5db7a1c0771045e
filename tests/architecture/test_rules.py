"""Rules that no linter checks."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

SOURCES = sorted([*WORKSPACE.glob("packages/*/src/**/*.py"), *WORKSPACE.glob("services/*/src/**/*.py")])
TESTS = sorted(WORKSPACE.glob("tests/**/*.py"))
ALLOWED_HOSTS = {"https://pypi.org", "https://files.pythonhosted.org"}
LONGEST_FILE = 300


def relative(path: Path) -> str:
    return path.relative_to(WORKSPACE).as_posix()


def test_the_lock_names_the_public_index_and_nothing_else() -> None:
    hosts = set(re.findall(r'https?://[^/"]+', (WORKSPACE / "uv.lock").read_text(encoding="utf-8")))
    assert hosts == ALLOWED_HOSTS, "An index set on this machine leaked into uv.lock. Run `make lock` on a clean tree."


def environment_readers(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for name in node.names if name.name in ("environ", "getenv", "environb"))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_settings_read_the_environment(path: Path) -> None:
    if path.name == "settings.py" or path.parent.name == "settings":
        return
    assert list(environment_readers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=relative)
def test_files_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{relative(path)} has {lines} lines: split it by concept."


@pytest.mark.parametrize("path", sorted(WORKSPACE.glob("services/*/src/**/*.py")), ids=relative)
def test_services_leave_errors_to_the_boundary(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"all"}
            assert not names & {"Exception", "BaseException", "all"}, f"{relative(path)}:{node.lineno}"


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run([linter, "--no-cache"], cwd=WORKSPACE, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-2000:]


def test_nothing_in_the_tree_names_the_machine_it_was_made_on() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=WORKSPACE, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        path = WORKSPACE / name
        if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml", ".json") or path.name == "Makefile":
            assert not re.search(r"/(?:root|home|Users)/[a-z]", path.read_text(encoding="utf-8")), name

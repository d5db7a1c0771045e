"""Templates pass the linters with any names; their requests fit the evaluation set. `make scaffold` runs servers."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from devkit.scaffold.evaluation import chosen, is_balanced
from devkit.scaffold.names import LONGEST, Names
from devkit.scaffold.plan import requests
from devkit.scaffold.rendering import TEMPLATES, render, replacements
from devkit.scaffold.tools import tidy
from devkit.settings import WORKSPACE
from devkit.workspace.prose import check_text

FOLDERS = ("common", "database", "plain")
RUFF = Path(sys.executable).with_name("ruff")
ALL_NAMES = (
    Names("billing", "invoice", "invoices"),
    Names("staff", "person", "people"),
    Names("zoo", "animal", "animals"),
    Names("a" * LONGEST, "b" * LONGEST, "c" * LONGEST),
)


def rendered(names: Names, folders: Iterable[str] = FOLDERS) -> dict[PurePosixPath, str]:
    words = replacements(names, port=8123)
    return {path: text for folder in folders for path, text in render(TEMPLATES / folder, words)}


@pytest.mark.parametrize("names", ALL_NAMES, ids=lambda names: names.service)
@pytest.mark.parametrize("kind", ["database", "plain"])
def test_rendered_files_pass_the_linters(names: Names, kind: str, tmp_path: Path) -> None:
    files = rendered(names, ("common", kind))
    assert PurePosixPath(f"services/{names.service}/src/{names.service}_mcp/app.py") in files
    (tmp_path / "pyproject.toml").write_text((WORKSPACE / "pyproject.toml").read_text(encoding="utf-8"))
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        if path.suffix in (".py", ".md", ".toml"):
            assert [str(one) for one in check_text(Path(path), text)] == []
    tidy(tmp_path, [tmp_path])
    found = subprocess.run([RUFF, "check", "--no-cache", tmp_path], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("names", ALL_NAMES, ids=lambda names: names.service)
def test_no_name_of_the_template_is_left(names: Names) -> None:
    left = {"billing", "invoice", "8199"} - {names.service, names.noun}
    for path, text in rendered(names).items():
        assert [word for word in left if word in f"{path}{text}".lower()] == [], path


@pytest.mark.parametrize("names", ALL_NAMES, ids=lambda names: names.service)
def test_requests_name_every_tool_and_are_balanced(names: Names) -> None:
    candidates = requests(replacements(names, port=8123))
    found = chosen(candidates)
    assert is_balanced(found)
    assert {one["tools"][0] for one in found} == {one["tools"][0] for one in candidates}
    assert {one["server"] for one in found} == {names.service}

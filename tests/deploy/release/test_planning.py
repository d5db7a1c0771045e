"""The plan of a change lists exactly the servers that it touches."""

from pathlib import Path

import pytest

from devkit.release.plan import plan

from .conftest import LOCK, git


def planned(fleet: Path) -> list[str]:
    return [entry.service for entry in plan(fleet, "main")]


@pytest.mark.parametrize(
    ("path", "services"),
    [
        ("services/weather/src/weather_mcp/app.py", ["weather"]),
        ("services/orders/pyproject.toml.d/note", ["orders"]),
        ("helm/orders/values.yaml", ["orders"]),
        ("packages/servicekit/src/servicekit/pipeline/call.py", ["orders", "weather"]),
        ("Dockerfile", ["orders", "weather"]),
        ("helm/mcp-library/templates/_pod.tpl", ["orders", "weather"]),
        ("packages/devkit/src/devkit/cli.py", []),
        ("tests/services/orders/test_tools.py", []),
        ("docs/operations.md", []),
        ("README.md", []),
    ],
)
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "in the folder"])
def test_a_file_touches_the_servers_built_from_it(fleet: Path, path: str, services: list[str], committed: bool) -> None:
    (fleet / path).parent.mkdir(parents=True, exist_ok=True)
    (fleet / path).write_text("changed", encoding="utf-8")
    if committed:
        git(fleet, "checkout", "--quiet", "-b", "change")
        git(fleet, "add", ".")
        git(fleet, "commit", "--quiet", "--message", "Change")
    assert planned(fleet) == services


@pytest.mark.parametrize(
    ("old", "new", "services"),
    [
        ('name = "mako"\nversion = "1.0.0"', 'name = "mako"\nversion = "1.0.1"', ["orders"]),
        ("sha256:00", "sha256:01", ["orders"]),
        ('name = "hiredis"\nversion = "3.0.0"', 'name = "hiredis"\nversion = "3.1.0"', ["orders", "weather"]),
        ('name = "matplotlib"\nversion = "3.0.0"', 'name = "matplotlib"\nversion = "3.1.0"', ["weather"]),
        ('name = "pytest"\nversion = "9.0.0"', 'name = "pytest"\nversion = "9.1.0"', []),
        ('[{ name = "mako" }]', "[]", ["orders"]),
    ],
    ids=[
        "a version",
        "a hash",
        "of an extra of the kit",
        "of an extra of its own",
        "of no server",
        "one dependency less",
    ],
)
def test_the_lock_touches_servers_whose_slice_changed(fleet: Path, old: str, new: str, services: list[str]) -> None:
    changed = LOCK.replace(old, new)
    assert changed != LOCK
    (fleet / "uv.lock").write_text(changed, encoding="utf-8")
    assert planned(fleet) == services


def test_changes_of_the_other_branch_do_not_count(fleet: Path) -> None:
    git(fleet, "checkout", "--quiet", "-b", "change")
    git(fleet, "checkout", "--quiet", "main")
    (fleet / "services" / "orders" / "new.py").write_text("", encoding="utf-8")
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", "Elsewhere")
    git(fleet, "checkout", "--quiet", "change")
    assert planned(fleet) == []

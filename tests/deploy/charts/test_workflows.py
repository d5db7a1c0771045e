"""The workflows: each server has its caller, and nothing runs that could change under us."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.fleet import discover
from devkit.settings import WORKSPACE

FOLDER = WORKSPACE / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
MODEL = "orders"


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


@pytest.mark.parametrize("service", [service.name for service in discover(WORKSPACE)])
def test_every_server_is_released_by_its_own_tag(service: str) -> None:
    model = (FOLDER / f"release-{MODEL}.yml").read_text(encoding="utf-8")
    own = FOLDER / f"release-{service}.yml"
    assert own.exists(), f"Copy release-{MODEL}.yml and write {service} for {MODEL}."
    assert own.read_text(encoding="utf-8") == model.replace(MODEL, service)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action}: say which version it is"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rights_are_given_one_by_one(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"], name
        if path.stem == "ci":
            assert job["permissions"] == {"contents": "read"}

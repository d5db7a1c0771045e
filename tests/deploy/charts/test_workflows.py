"""The workflows: one release for every server, pinned actions, minimal permissions."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.release.preconditions import tag_of
from devkit.settings import WORKSPACE
from devkit.workspace.services import ServiceDescription, discover

FOLDER = WORKSPACE / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


@pytest.mark.parametrize("service", discover(WORKSPACE), ids=lambda service: service.name)
def test_the_tag_of_every_server_starts_a_release(service: ServiceDescription) -> None:
    workflow = yaml.load((FOLDER / "release.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    (pattern,) = workflow["on"]["push"]["tags"]
    # GitHub's filter: * is anything but a slash, + repeats, a dot is a dot.
    assert re.fullmatch(pattern.replace(".", r"\.").replace("*", "[^/]*"), tag_of(service))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action}: say which version it is"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_granted_one_by_one(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"], name
        if path.stem == "ci":
            assert job["permissions"] == {"contents": "read"}

"""Versions increase, one server at a time, each with its changelog entry."""

from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.release.changelog import notes
from devkit.release.versions import raise_version
from devkit.workspace.services import find

CHANGELOG = """# Changelog

## orders

### [Unreleased]

- Refunds.

### [1.0.0] - 2025-12-31

- Orders.

## weather

### [Unreleased]
"""


@pytest.fixture
def workspace(fleet: Path) -> Path:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return fleet


def test_a_version_is_raised_in_its_two_places_only(workspace: Path) -> None:
    raise_version(workspace, find(workspace, "orders"), "1.1.0", "2026-01-31")
    assert find(workspace, "orders").version == "1.1.0"
    assert find(workspace, "weather").version == "1.0.0"
    text = (workspace / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text == CHANGELOG.replace(
        "### [Unreleased]\n\n- R", "### [Unreleased]\n\n### [1.1.0] - 2026-01-31\n\n- R", 1
    )
    assert notes(workspace / "CHANGELOG.md", "orders", "1.1.0") == "- Refunds."
    assert notes(workspace / "CHANGELOG.md", "orders", "1.0.0") == "- Orders."


@pytest.mark.parametrize("version", ["1.0.0", "0.9.9", "1.1", "1.1.0-rc1", "v1.1.0", "01.1.0", ""])
def test_a_version_that_does_not_follow_is_refused(workspace: Path, version: str) -> None:
    with pytest.raises(DevkitError, match=r"cannot follow 1\.0\.0\. Use a higher version, such as 1\.1\.0"):
        raise_version(workspace, find(workspace, "orders"), version, "2026-01-31")
    assert (workspace / "CHANGELOG.md").read_text(encoding="utf-8") == CHANGELOG


def test_a_release_without_changelog_text_is_refused(workspace: Path) -> None:
    with pytest.raises(DevkitError, match="no unreleased entry for weather"):
        raise_version(workspace, find(workspace, "weather"), "1.1.0", "2026-01-31")
    assert find(workspace, "weather").version == "1.0.0"


def test_a_missing_section_is_named(workspace: Path) -> None:
    with pytest.raises(DevkitError, match="no section '## billing'"):
        notes(workspace / "CHANGELOG.md", "billing", "1.0.0")

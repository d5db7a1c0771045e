"""A commit that must not be tagged: a dry run reports it, and a tag is refused before the build."""

from pathlib import Path

import pytest

from devkit.release.preconditions import is_tagged, unmet_preconditions
from devkit.release.versions import raise_version
from devkit.workspace.services import ServiceDescription, find

from .conftest import git

CHANGELOG = "# Changelog\n\n## orders\n\n### [Unreleased]\n\n- Refunds.\n"


@pytest.fixture
def orders(fleet: Path) -> ServiceDescription:
    """Orders 1.1.0, ready to be tagged, after 1.0.0."""
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(fleet, "tag", "orders-v1.0.0")
    raise_version(fleet, find(fleet, "orders"), "1.1.0", "2026-01-31")
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", "Version")
    return find(fleet, "orders")


def test_a_commit_with_its_entry_can_be_tagged(fleet: Path, orders: ServiceDescription) -> None:
    assert unmet_preconditions(fleet, orders) == []


def test_uncommitted_changes_cannot_be_tagged(fleet: Path, orders: ServiceDescription) -> None:
    (fleet / "left.txt").write_text("", encoding="utf-8")
    assert unmet_preconditions(fleet, orders) == ["The checkout has uncommitted changes. Commit them."]


@pytest.mark.parametrize("newest", ["1.1.0", "1.1.1", "1.10.0"])
def test_a_version_is_tagged_once_and_in_order(fleet: Path, orders: ServiceDescription, newest: str) -> None:
    git(fleet, "tag", f"orders-v{newest}", "HEAD~1")
    git(fleet, "tag", "orders-v9.0.0-rc1", "HEAD~1")
    (reason,) = unmet_preconditions(fleet, orders)
    assert reason == (
        f"The tag orders-v{newest} exists, and version 1.1.0 is not higher. Run make version S=orders TO=…"
    )


@pytest.mark.parametrize(
    ("old", "new"), [("### [1.1.0] - 2026-01-31\n", ""), ("- Refunds.\n", "")], ids=["no heading", "no words"]
)
def test_a_release_lists_its_changes_after_its_tag_is_pushed(
    fleet: Path, orders: ServiceDescription, old: str, new: str
) -> None:
    changelog = fleet / "CHANGELOG.md"
    changelog.write_text(changelog.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    git(fleet, "commit", "--quiet", "--all", "--message", "Forget")
    before = unmet_preconditions(fleet, orders)
    git(fleet, "tag", "orders-v1.1.0")
    assert is_tagged(fleet, orders)
    assert unmet_preconditions(fleet, orders) == before
    assert "no dated entry for orders 1.1.0" in before[0]


def test_the_first_version_needs_no_higher_number(fleet: Path) -> None:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    raise_version(fleet, find(fleet, "orders"), "1.0.0", "2026-01-31")
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", "Version")
    assert unmet_preconditions(fleet, find(fleet, "orders")) == []

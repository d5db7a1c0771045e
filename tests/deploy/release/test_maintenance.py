"""Fixes of released versions: from their branches, on the kit that they were released with."""

from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.release.gate import check_contract
from devkit.release.packages import Kit, accepted_kits, kit_of
from devkit.release.preconditions import package_of_tag, unmet_preconditions
from devkit.release.versions import raise_version
from devkit.settings import WORKSPACE
from devkit.workspace.services import ServiceDescription, discover, find

from .conftest import git
from .test_gate import CONTRACT, keep, renamed

CHANGELOG = """# Changelog

## orders

### [Unreleased]

- Orders.

## weather

### [Unreleased]

- Weather.

## servicekit

### [Unreleased]

- Faster.
"""


def commit(fleet: Path, subject: str) -> None:
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", subject)


def note(fleet: Path, section: str) -> None:
    changelog = fleet / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    heading = f"## {section}\n\n### [Unreleased]\n"
    changelog.write_text(text.replace(heading, f"{heading}\n- Mended.\n", 1), encoding="utf-8")


@pytest.fixture
def moved_on(fleet: Path) -> Path:
    """Orders 1.0.0 is released on kit 1.0.0; main has kit 1.1.0 and orders 1.1.0. The branch of 1.0 is checked out."""
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    raise_version(fleet, find(fleet, "orders"), "1.0.0", "2026-01-31")
    commit(fleet, "Release orders")
    git(fleet, "tag", "orders-v1.0.0")
    git(fleet, "branch", "release/orders-1.0")
    raise_version(fleet, kit_of(fleet), "1.1.0", "2026-02-28")
    commit(fleet, "Raise the kit")
    git(fleet, "tag", "servicekit-v1.1.0")
    note(fleet, "orders")
    raise_version(fleet, find(fleet, "orders"), "1.1.0", "2026-02-28")
    commit(fleet, "Raise orders")
    git(fleet, "tag", "orders-v1.1.0")
    git(fleet, "checkout", "--quiet", "release/orders-1.0")
    return fleet


def fixed(fleet: Path, version: str) -> ServiceDescription:
    note(fleet, "orders")
    raise_version(fleet, find(fleet, "orders"), version, "2026-03-31")
    commit(fleet, "Mend orders")
    return find(fleet, "orders")


def test_a_fix_keeps_the_kit_of_its_branch(moved_on: Path) -> None:
    assert unmet_preconditions(moved_on, fixed(moved_on, "1.0.1")) == []
    assert kit_of(moved_on).version == "1.0.0"
    git(moved_on, "checkout", "--quiet", "main")
    assert kit_of(moved_on).version == "1.1.0"
    assert all("1.1.5" in accepted_kits(service) for service in discover(moved_on))
    assert not any("1.0.0" in accepted_kits(service) for service in discover(moved_on))


@pytest.mark.parametrize("version", ["1.1.1", "1.2.0"])
def test_a_branch_releases_fixes_of_its_minor_version_only(moved_on: Path, version: str) -> None:
    line = version.rpartition(".")[0]
    assert unmet_preconditions(moved_on, fixed(moved_on, version))[0] == (
        f"The commit is on neither main nor release/orders-{line}. Merge it into one of them."
    )


def test_a_fix_is_tagged_once(moved_on: Path) -> None:
    orders = fixed(moved_on, "1.0.1")
    git(moved_on, "tag", "orders-v1.0.1", "HEAD~1")
    (reason,) = unmet_preconditions(moved_on, orders)
    assert reason.startswith("The tag orders-v1.0.1 exists, and version 1.0.1 is not higher.")


def test_main_does_not_go_back_behind_a_fix(moved_on: Path) -> None:
    fixed(moved_on, "1.0.1")
    git(moved_on, "tag", "orders-v1.0.1")
    git(moved_on, "checkout", "--quiet", "main")
    git(moved_on, "tag", "orders-v2.0.0", "release/orders-1.0")
    note(moved_on, "orders")
    raise_version(moved_on, find(moved_on, "orders"), "1.2.0", "2026-03-31")
    commit(moved_on, "Raise orders")
    (reason,) = unmet_preconditions(moved_on, find(moved_on, "orders"))
    assert reason.startswith("The tag orders-v2.0.0 exists, and version 1.2.0 is not higher.")


def test_a_pushed_tag_of_another_branch_is_refused(moved_on: Path) -> None:
    git(moved_on, "checkout", "--quiet", "-b", "experiment")
    orders = fixed(moved_on, "1.0.1")
    git(moved_on, "tag", "orders-v1.0.1")
    (reason,) = unmet_preconditions(moved_on, orders)
    assert "on neither main nor release/orders-1.0" in reason


def test_a_branch_of_the_remote_is_enough(moved_on: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As in the workflow, whose checkout has the tag and no local branch."""
    fixed(moved_on, "1.0.1")
    git(moved_on, "tag", "orders-v1.0.1")
    clone = tmp_path_factory.mktemp("checkout") / "clone"
    git(moved_on, "clone", "--quiet", str(moved_on), str(clone))
    git(clone, "checkout", "--quiet", "--detach", "orders-v1.0.1")
    for branch in git(clone, "branch", "--format=%(refname:short)").splitlines():
        if not branch.startswith("("):
            git(clone, "branch", "--quiet", "-D", branch)
    assert unmet_preconditions(clone, find(clone, "orders")) == []


def test_the_gate_compares_within_the_branch(moved_on: Path) -> None:
    git(moved_on, "checkout", "--quiet", "main")
    keep(moved_on, renamed())
    commit(moved_on, "Rename")
    git(moved_on, "tag", "orders-v3.0.0")
    git(moved_on, "checkout", "--quiet", "release/orders-1.0")
    keep(moved_on, CONTRACT)
    commit(moved_on, "Keep the contract")
    git(moved_on, "tag", "--force", "orders-v1.0.0")
    assert check_contract(moved_on, find(moved_on, "orders")) == "no previous release"
    fixed(moved_on, "1.0.1")
    keep(moved_on, CONTRACT | {"version": "1.0.1"})
    assert check_contract(moved_on, find(moved_on, "orders")) == "compatible with orders-v1.0.0"


def test_a_server_is_released_on_a_released_kit(fleet: Path) -> None:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    raise_version(fleet, find(fleet, "orders"), "1.0.0", "2026-01-31")
    (fleet / "packages" / "servicekit" / "new.py").write_text("", encoding="utf-8")
    commit(fleet, "Change the kit")
    (differs,) = unmet_preconditions(fleet, find(fleet, "orders"))
    assert differs.startswith("The kit differs from servicekit-v1.0.0. Release it first: make version S=servicekit")
    raise_version(fleet, kit_of(fleet), "1.0.1", "2026-01-31")
    commit(fleet, "Raise the kit")
    (untagged,) = unmet_preconditions(fleet, find(fleet, "orders"))
    assert untagged.startswith("The kit has no tag servicekit-v1.0.1.")
    assert unmet_preconditions(fleet, kit_of(fleet)) == []
    git(fleet, "tag", "servicekit-v1.0.1")
    assert unmet_preconditions(fleet, find(fleet, "orders")) == []


def test_a_kit_outside_the_range_is_refused(fleet: Path) -> None:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    raise_version(fleet, find(fleet, "weather"), "1.0.0", "2026-01-31")
    project = fleet / "services" / "weather" / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").replace(">=1.0,<1.1", ">=0.9,<1.0"), encoding="utf-8")
    commit(fleet, "Fall behind")
    (reason,) = unmet_preconditions(fleet, find(fleet, "weather"))
    assert reason == (
        "weather accepts the kit <1.0,>=0.9, and this commit has 1.0.0. "
        "Change the range in services/weather/pyproject.toml."
    )


def test_a_patch_of_the_kit_leaves_the_ranges_alone(fleet: Path) -> None:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    raise_version(fleet, kit_of(fleet), "1.0.1", "2026-01-31")
    assert git(fleet, "status", "--porcelain", "services") == ""


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("orders-v1.0.1", r"is not that of orders 1\.0\.0"),
        ("billing-v1.0.0", "Service 'billing' does not exist"),
        ("v1.0.0", "does not exist"),
    ],
)
def test_a_tag_names_its_package_and_version(fleet: Path, tag: str, words: str) -> None:
    assert package_of_tag(fleet, "orders-v1.0.0").name == "orders"
    assert isinstance(package_of_tag(fleet, "servicekit-v1.0.0"), Kit)
    with pytest.raises(DevkitError, match=words):
        package_of_tag(fleet, tag)


@pytest.mark.parametrize("service", discover(WORKSPACE), ids=lambda service: service.name)
def test_every_server_accepts_this_kit_and_no_next_minor(service: ServiceDescription) -> None:
    kit, accepted = kit_of(WORKSPACE).version, accepted_kits(service)
    major, minor, _ = kit.split(".")
    assert kit in accepted
    assert f"{major}.{int(minor) + 1}.0" not in accepted

"""A release that breaks clients is refused; the message names the change and the next step."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import DevkitError
from devkit.reference.generated_files import contract_path
from devkit.release.cli import gate
from devkit.release.gate import check_contract
from devkit.release.versions import raise_version
from devkit.workspace.services import find

from .conftest import git

CONTRACT: dict[str, Any] = {
    "service": "orders",
    "version": "1.0.0",
    "resources": [],
    "prompts": {},
    "tools": {
        "search_orders": {
            "description": "Search.",
            "scopes": ["orders:read"],
            "writes": False,
            "destructive": False,
            "input": {"type": "object", "properties": {"query": {"type": "string", "title": "Query"}}},
            "output": None,
        }
    },
}

SENTENCE = (
    "The argument query is renamed to text; calls that send it fail. "
    "Keep the old name as an optional argument until the next major version."
)


@pytest.fixture
def released(fleet: Path) -> Path:
    """The fleet after a release of orders 1.0.0."""
    keep(fleet, CONTRACT)
    (fleet / "CHANGELOG.md").write_text(
        "# Changelog\n\n## orders\n\n### [Unreleased]\n\n- Renamed.\n", encoding="utf-8"
    )
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", "Release")
    git(fleet, "tag", "orders-v1.0.0")
    git(fleet, "tag", "orders-v0.9.0", "HEAD~1")
    return fleet


def keep(fleet: Path, contract: dict[str, Any], service: str = "orders") -> None:
    path = contract_path(fleet, service)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contract), encoding="utf-8")


def renamed() -> dict[str, Any]:
    contract = copy.deepcopy(CONTRACT)
    arguments = contract["tools"]["search_orders"]["input"]["properties"]
    arguments["text"] = {**arguments.pop("query"), "title": "Text"}
    return contract


def test_a_renamed_argument_is_refused_with_a_next_step(released: Path) -> None:
    keep(released, renamed())
    with pytest.raises(DevkitError) as refused:
        check_contract(released, find(released, "orders"))
    assert str(refused.value).splitlines() == [
        "orders 1.0.0 breaks clients of 1.0.0 (orders-v1.0.0):",
        f"  search_orders: {SENTENCE}",
        "Undo these changes, or raise the version: make version S=orders TO=2.0.0",
    ]
    assert refused.value.exit_code == 1


def test_a_branch_is_compared_with_its_base(released: Path) -> None:
    keep(released, renamed())
    with pytest.raises(DevkitError, match="query is renamed to text"):
        check_contract(released, find(released, "orders"), since="main")


def test_a_tagged_release_is_compared_to_the_one_before(released: Path) -> None:
    contract = renamed() | {"version": "1.0.1"}
    keep(released, contract)
    git(released, "commit", "--quiet", "--all", "--message", "Rename")
    git(released, "tag", "orders-v1.0.1")
    with pytest.raises(DevkitError, match=r"breaks clients of 1\.0\.0 \(orders-v1\.0\.0\)"):
        check_contract(released, find(released, "orders"))


def test_a_major_version_may_break_clients(released: Path) -> None:
    keep(released, renamed())
    raise_version(released, find(released, "orders"), "2.0.0", "2026-01-31")
    assert "as its version announces" in check_contract(released, find(released, "orders"))


def test_a_minor_version_may_not_break_clients(released: Path) -> None:
    keep(released, renamed())
    raise_version(released, find(released, "orders"), "1.1.0", "2026-01-31")
    with pytest.raises(DevkitError, match=r"orders 1\.1\.0 breaks clients of 1\.0\.0"):
        check_contract(released, find(released, "orders"))


def test_keeping_the_old_name_beside_the_new_passes(released: Path) -> None:
    contract = renamed()
    contract["tools"]["search_orders"]["input"]["properties"]["query"] = {"type": "string"}
    keep(released, contract)
    assert check_contract(released, find(released, "orders")) == "compatible with orders-v1.0.0"


def test_a_first_release_passes(fleet: Path) -> None:
    keep(fleet, CONTRACT)
    assert check_contract(fleet, find(fleet, "orders")) == "no previous release"


def test_one_message_names_every_breaking_server(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(released, CONTRACT, "weather")
    git(released, "add", ".")
    git(released, "commit", "--quiet", "--message", "Weather")
    keep(released, renamed())
    keep(released, renamed(), "weather")
    monkeypatch.setenv("DEVKIT_WORKSPACE", str(released))
    with pytest.raises(DevkitError, match=r"(?s)orders 1\.0\.0 breaks.*weather 1\.0\.0 breaks") as refused:
        gate(since="HEAD")
    assert refused.value.exit_code == 1

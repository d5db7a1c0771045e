"""The policy of the development stack, under which large refunds need a second person."""

from pathlib import Path

import pytest

from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stack.container_stack import prepare_containers
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import discover
from devkit.workspace.state_directory import StateDirectory
from orders_mcp.sample_data.vocabulary import PRICE_LEVEL
from servicekit.access.policy_file import parse_policy

ORDERS = next(service for service in discover(WORKSPACE) if service.name == "orders")


def test_the_stack_limits_refunds_in_every_currency(tmp_path: Path) -> None:
    variables = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path)).serving(ORDERS)
    policy = parse_policy(Path(variables["ORDERS_POLICY_FILE"]).read_text(encoding="utf-8"))
    clerk, approver = policy.default.allowances.refunds or ()
    assert (clerk.scope, approver.scope) == ("orders:write", "orders:approve")
    assert {clerk.scope, approver.scope} <= set(ORDERS.scopes)
    for one in (clerk, approver):
        assert one.amounts is not None
        assert one.amounts.keys() == PRICE_LEVEL.keys()


def test_a_developers_own_policy_counts_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_POLICY_FILE", "/own/policy.yaml")
    variables = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path)).serving(ORDERS)
    assert variables["ORDERS_POLICY_FILE"] == "/own/policy.yaml"


def test_containers_get_no_path_of_this_machine(tmp_path: Path) -> None:
    folder = prepare_containers(DevkitSettings(state=tmp_path))
    assert "POLICY_FILE" not in (folder / "orders.env").read_text(encoding="utf-8")

"""Service descriptions; errors name the invalid file."""

from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.settings import WORKSPACE
from devkit.workspace.services import discover, find

RIGHT = '[tool.fleet]\nport = 9001\nscopes = ["a:read"]\n'


def describe(workspace: Path, name: str, text: str) -> None:
    folder = workspace / "services" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)


def test_this_workspace_has_orders() -> None:
    orders = find(WORKSPACE, "orders")
    assert (orders.port, orders.database, orders.prefix) == (8101, True, "ORDERS_")
    assert orders.resource == "http://127.0.0.1:8101/mcp"
    assert "orders:read" in orders.scopes


def test_services_without_a_table_are_left_out(tmp_path: Path) -> None:
    describe(tmp_path, "zebra", RIGHT.replace("9001", "9000"))
    describe(tmp_path, "ant", RIGHT)
    describe(tmp_path, "new", '[project]\nname = "new"\n')
    assert [(service.name, service.title) for service in discover(tmp_path)] == [("zebra", "Zebra"), ("ant", "Ant")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RIGHT.replace("9001", '"9001"'), "port"),
        (RIGHT.replace("9001", "99999"), "port"),
        (RIGHT.replace('"a:read"', ""), "scopes"),
        (RIGHT.replace("a:read", "Read everything"), "scopes"),
        (RIGHT + "databse = true\n", "databse"),
        ("[tool.fleet\n", "not valid TOML"),
    ],
)
def test_invalid_description_is_reported(tmp_path: Path, text: str, reason: str) -> None:
    describe(tmp_path, "ant", text)
    with pytest.raises(DevkitError, match=rf"services/ant/pyproject\.toml.*{reason}"):
        discover(tmp_path)


def test_invalid_service_folder_is_reported(tmp_path: Path) -> None:
    describe(tmp_path, "Big-Name", RIGHT)
    with pytest.raises(DevkitError, match="Big-Name is not a valid folder name"):
        discover(tmp_path)


def test_duplicate_port_is_reported(tmp_path: Path) -> None:
    describe(tmp_path, "ant", RIGHT)
    describe(tmp_path, "bee", RIGHT)
    with pytest.raises(DevkitError, match="ant and bee have the same port 9001"):
        discover(tmp_path)


def test_unknown_service_lists_the_services(tmp_path: Path) -> None:
    describe(tmp_path, "ant", RIGHT)
    with pytest.raises(DevkitError, match=r"'bee'.*: ant\."):
        find(tmp_path, "bee")

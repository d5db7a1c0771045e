"""A new tool: bad names are refused with the reason; it is registered where app.py has the usual form."""

import ast
from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.scaffold.columns import fields_of
from devkit.scaffold.registration import with_tool
from devkit.scaffold.tool import create_tool
from devkit.settings import WORKSPACE, DevkitSettings

SETTINGS = DevkitSettings()
IMPORTS = ["from servicekit.registry import read"]


def app_of(server: str) -> str:
    return (WORKSPACE / "services" / server / "src" / f"{server}_mcp" / "app.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("tool", "service", "table", "reason"),
    [
        ("List-Prices", "orders", None, "such as TOOL=list_invoices"),
        ("prices", "orders", None, "such as TOOL=list_invoices"),
        ("delete_prices", "orders", None, "does not begin with a verb that reads"),
        ("get_order", "orders", None, "taken: orders has a tool"),
        ("get_order", "weather", None, "taken: orders has a tool"),
        ("list_prices", "shop", None, "Service 'shop' does not exist"),
        ("list_prices", "orders", "costs", "no table costs. Use one of: .*price_lists"),
        ("list_prices", "weather", "prices", "owns no database"),
        ("list_takings", "ticketing", "tickets", "no variable reader"),
    ],
)
def test_what_cannot_be_made_is_refused(tool: str, service: str, table: str | None, reason: str) -> None:
    with pytest.raises(DevkitError, match=reason):
        create_tool(SETTINGS, service, tool, table)


@pytest.mark.parametrize(("server", "needs"), [("orders", ("reader",)), ("github", ()), ("weather", ())])
def test_a_tool_is_registered_last(server: str, needs: tuple[str, ...]) -> None:
    before = app_of(server)
    changed = with_tool(before, "read(x)", IMPORTS, needs)
    ast.parse(changed)
    assert "read(x),\n]" in changed.replace(" ", "")
    lost = [line for line in before.splitlines() if line not in changed.splitlines()]
    assert lost == []


def test_another_form_is_refused_with_the_way_by_hand() -> None:
    for source in ("x = 1\n", "import os\n\ndef build(settings):\n    return Service(tools=made())\n"):
        with pytest.raises(DevkitError, match="Add the tool by hand"):
            with_tool(source, "read(x)", IMPORTS)


def test_columns_become_fields() -> None:
    found = fields_of("orders", "orders")
    by_name = {field.name: field for field in found.fields}
    assert "tenant_id" not in by_name
    assert (by_name["notes"].type, by_name["notes"].is_text, by_name["notes"].nullable) == ("str", True, True)
    assert (by_name["placed_at"].type, by_name["total_minor"].type) == ("datetime", "int")
    assert [field.name for field in found.key] == ["id"]
    assert found.left_out == []
    assert fields_of("ticketing", "queues").left_out == []


def test_a_key_that_no_cursor_holds_is_refused() -> None:
    with pytest.raises(DevkitError, match="cannot order pages"):
        fields_of("ticketing", "holds")


def test_nothing_was_written(tmp_path: Path) -> None:
    empty = DevkitSettings(workspace=tmp_path)
    with pytest.raises(DevkitError):
        create_tool(empty, "billing", "list_invoices")
    assert list(tmp_path.iterdir()) == []

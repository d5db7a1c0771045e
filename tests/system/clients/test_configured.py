"""The configuration of clients that cannot be driven is checked, and a wrong one is found."""

from dataclasses import replace

import pytest

from servicekit.clients import connections

from .configured import CONFIGURED, NAME, configured

URL = "http://127.0.0.1:8101/mcp"


@pytest.mark.parametrize("name", CONFIGURED)
def test_configuration_is_valid(name: str) -> None:
    row = configured(name, URL)
    assert row.wrong == []
    assert all(text.startswith("not tried") for text in row.cells.values())


@pytest.mark.parametrize("name", CONFIGURED)
def test_wrong_address_is_found(name: str) -> None:
    connection = next(one for one in connections(NAME, URL) if one.client == name)
    wrong = replace(connection, text=connection.text.replace("8101", "8102"))
    assert not CONFIGURED[name][1](wrong, URL)

"""The table in docs/clients.md has every client and every cell."""

import re
from datetime import date
from pathlib import Path

import pytest

from .catalogue import CLIENTS
from .cells import CELLS, WORKS, Row
from .configured import CONFIGURED
from .page import PAGE, block, read_block, write_page


def test_page_has_every_client_and_cell() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = read_block(page)
    assert set(table) == {*(client.title for client in CLIENTS), *(title for title, _, _ in CONFIGURED.values())}
    numbers = set(re.findall(r"^(\d+)\. \S", page, re.MULTILINE))
    for title, _, _ in CONFIGURED.values():
        row = table[title]
        assert row["version"] == "not tried"
        assert all((found := re.fullmatch(r"\[(\d+)\]", row[cell])) and found[1] in numbers for cell in CELLS)
    for client in CLIENTS:
        row = table[client.title]
        assert row["version"]
        for cell in CELLS:
            found = re.fullmatch(rf"({WORKS})?(?: ?\[(\d+)\])?", row[cell])
            assert found, (client.title, cell)
            assert found[1] or found[2], (client.title, cell)
            assert (found[1] is None) == (cell in client.lacks), (client.title, cell)
            assert found[2] is None or found[2] in numbers


def test_texts_are_written_once_below_the_table() -> None:
    cells = dict.fromkeys(CELLS, WORKS) | {"complete": "no such thing", "OAuth": "no such thing", "cancel": "works so"}
    text = block([Row("one", "One", "1.0", "2025-11-25", cells)], date(2026, 1, 2))
    row = read_block(text)["One"]
    assert (row["complete"], row["cancel"], row["OAuth"]) == ("[1]", "works [2]", "[1]")
    assert "1. No such thing.\n2. Works so." in text


def test_writing_keeps_the_rest_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- tried -->\nold\n<!-- /tried -->\nafter\n")
    rows = [Row("one", "One", "1.0", "", dict.fromkeys(CELLS, WORKS))]
    write_page(rows, date(2026, 1, 2), page)
    write_page(rows, date(2026, 1, 2), page)
    text = page.read_text()
    assert text.startswith("before\n<!-- tried -->\nTried on 2026-01-02")
    assert text.endswith("<!-- /tried -->\nafter\n")
    assert "old" not in text
    page.write_text("no block")
    with pytest.raises(ValueError, match="has no"):
        write_page(rows, date(2026, 1, 2), page)

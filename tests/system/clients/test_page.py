"""The table in docs/clients.md has every client and every cell."""

import re
from pathlib import Path

import pytest

from .catalogue import CLIENTS
from .cells import CELLS, WORKS, Row
from .configured import CONFIGURED
from .page import PAGE, block, read_block, read_rows, write_page


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


def made(title: str, **cells: str) -> Row:
    return Row(title, title, "1.0", "2025-11-25", "2026-01-02", dict.fromkeys(CELLS, WORKS) | cells)


def test_texts_are_written_once_below_the_table() -> None:
    text = block([made("One", complete="no such thing", OAuth="no such thing", cancel="works so")])
    row = read_block(text)["One"]
    assert (row["complete"], row["cancel"], row["OAuth"]) == ("[1]", "works [2]", "[1]")
    assert "1. No such thing.\n2. Works so." in text


def test_rows_are_read_as_they_were_written() -> None:
    rows = [made("One", complete="a long reason; " * 20 + "with its end", cancel="works so"), made("Two", list="none")]
    assert [row.cells for row in read_rows(block(rows))] == [row.cells for row in rows]
    assert max(map(len, block(rows).splitlines()[5:])) <= 120


def test_writing_keeps_other_rows_and_the_rest_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- tried -->\n<!-- /tried -->\nafter\n")
    order = ["One", "Two"]
    write_page([made("Two"), made("One", list="late"), made("Gone")], order, page)
    write_page([made("One", read="late")], order, page)
    text = page.read_text()
    assert text.startswith("before\n<!-- tried -->\n| client")
    assert text.endswith("<!-- /tried -->\nafter\n")
    assert [(row.title, row.cells["list"], row.cells["read"]) for row in read_rows(text)] == [
        ("One", WORKS, "late"),
        ("Two", WORKS, WORKS),
    ]
    page.write_text("no block")
    with pytest.raises(ValueError, match="has no"):
        write_page([made("One")], order, page)

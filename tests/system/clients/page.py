"""The table of docs/clients.md."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE

from .cells import CELLS, WORKS, Row

PAGE: Final = WORKSPACE / "docs" / "clients.md"
HEADS: Final = ("client", "version", "tried", "revision")
NOT_TRIED: Final = "not tried"
WIDTH: Final = 120
BEGIN, END = "<!-- tried -->", "<!-- /tried -->"


def block(rows: Sequence[Row]) -> str:
    """The generated block: a row for each client, and the texts of its cells below the table.

    A cell of the table is `works`, `works` with the number of a text below that says how, or the number of a reason.
    """
    texts: list[str] = []

    def short(text: str) -> str:
        if text == WORKS:
            return text
        if text not in texts:
            texts.append(text)
        number = texts.index(text) + 1
        return f"{WORKS} [{number}]" if text.startswith(WORKS) else f"[{number}]"

    heads = [*HEADS, *CELLS]
    lines = [BEGIN, f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [row.title, row.version or NOT_TRIED, row.day or "–", row.revision or "–"]
        lines.append(f"| {' | '.join([*cells, *(short(row.cells[cell]) for cell in CELLS)])} |")
    lines.append("")
    for number, text in enumerate(texts, 1):
        lines += textwrap.wrap(f"{number}. {text[0].upper()}{text[1:]}.", WIDTH, subsequent_indent="   ")
    return "\n".join([*lines, END])


def with_block(page: str, text: str) -> str:
    """The page with another block in the place of its own.

    Raises:
        ValueError: the page has no block.
    """
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{text}{after}"


def read_block(page: str) -> dict[str, dict[str, str]]:
    """The cells of the table of a page, by client and column."""
    _, _, rest = page.partition(BEGIN)
    text, _, _ = rest.partition(END)
    table = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return {row[0]: dict(zip(table[0], row, strict=True)) for row in table[2:]}


def read_rows(page: str) -> list[Row]:
    """The rows of the table of a page, with the texts of their cells."""
    _, _, rest = page.partition(BEGIN)
    below, _, _ = rest.partition(END)
    notes = re.findall(r"^(\d+)\. (.*?)\.$(?=\n\d|\n*\Z)", below, re.MULTILINE | re.DOTALL)
    texts = {number: " ".join(f"{text[0].lower()}{text[1:]}".split()) for number, text in notes}

    def long(cell: str) -> str:
        found = re.search(r"\[(\d+)\]", cell)
        return texts[found[1]] if found else cell

    rows = []
    for title, cells in read_block(page).items():
        version, day, revision = ("" if cells[head] in {NOT_TRIED, "–"} else cells[head] for head in HEADS[1:])
        found = {cell: long(cells[cell]) for cell in CELLS}
        rows.append(Row(title, title, version, revision, day, found))
    return rows


def write_page(rows: Sequence[Row], order: Sequence[str], path: Path = PAGE) -> None:
    """Put rows into the table of the page, in the place of those of the same clients.

    Args:
        order: the titles of all clients, in the order of the table; rows of other clients are left out.
    """
    page = path.read_text(encoding="utf-8")
    known = {row.title: row for row in [*read_rows(page), *rows]}
    path.write_text(with_block(page, block([known[title] for title in order if title in known])), encoding="utf-8")

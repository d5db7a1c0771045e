"""The table of docs/clients.md."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE

from .cells import CELLS, WORKS, Row

PAGE: Final = WORKSPACE / "docs" / "clients.md"
BEGIN, END = "<!-- tried -->", "<!-- /tried -->"


def block(rows: Sequence[Row], day: date) -> str:
    """The generated block: a row for each client, and the texts of its cells below the table.

    A cell of the table is `works`, or the number of a text below.
    """
    texts: list[str] = []

    def short(text: str) -> str:
        if text == WORKS:
            return text
        if text not in texts:
            texts.append(text)
        number = texts.index(text) + 1
        return f"works [{number}]" if text.startswith(WORKS) else f"[{number}]"

    heads = ["client", "version", "revision", *CELLS]
    lines = [
        BEGIN,
        f"Tried on {day:%Y-%m-%d} by `make clients`:",
        "",
        f"| {' | '.join(heads)} |",
        "|" + "---|" * len(heads),
    ]
    for row in rows:
        cells = [
            row.title,
            row.version or "not tried",
            row.revision or "–",
            *(short(row.cells[cell]) for cell in CELLS),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {text[0].upper()}{text[1:]}." for number, text in enumerate(texts, 1)), END]
    return "\n".join(lines)


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
    heads, _, *rows = table
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def write_page(rows: Sequence[Row], day: date, path: Path = PAGE) -> None:
    """Put the table into the page."""
    path.write_text(with_block(path.read_text(encoding="utf-8"), block(rows, day)), encoding="utf-8")

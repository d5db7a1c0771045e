"""The table of figures to size a deployment by, taken from the measurements of docs/performance.md."""

import re
from collections.abc import Sequence
from pathlib import Path


def sizing_table(workspace: Path) -> str:
    """The figures as a Markdown table.

    Raises:
        ValueError: docs/performance.md lacks a figure, since its tables were renamed.
    """
    page = (workspace / "docs" / "performance.md").read_text(encoding="utf-8")
    read, add = (_row(page, f"`{tool}`, 2026-07-28", "ours, all on") for tool in ("get_account", "add"))
    large = _row(page, "Growth with the result", "64 KB")
    many = _row(page, "Growth with callers", "10000")
    start = _row(page, "Start of each server", "orders")
    rows = [
        ("a call that reads a row", f"{read[1]} µs of CPU, {read[2]} calls/s per core"),
        ("a call that runs no query", f"{add[1]} µs of CPU, {add[2]} calls/s per core"),
        ("a call with a result of 64 KB", f"{large[2]} µs of CPU"),
        (
            "memory of a process (orders)",
            f"{start[3]} MiB, and {many[3].removeprefix('+')} MB more after 10 000 callers",
        ),
        ("start of a process", f"{start[2]} s of CPU"),
    ]
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {what} | {figure} |" for what, figure in rows)])


def _row(page: str, heading: str, name: str) -> Sequence[str]:
    """The cells of the row with this name, under a heading of the second level."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^\| {re.escape(name)} \|(.+)\|$", section, re.MULTILINE)
    if found is None:
        raise ValueError(f"docs/performance.md has no row {name!r} under {heading!r}")
    return [name, *(cell.strip() for cell in found[1].split("|"))]

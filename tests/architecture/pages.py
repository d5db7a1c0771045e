"""Reads pages of the documentation, and what the files that they link to define."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path


def section(page: Path, heading: str) -> str:
    """The text under a heading of the second level."""
    return page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str, *header: str) -> Iterator[list[str]]:
    """The rows of each table with these column names, as cells."""
    is_inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells == list(header):
            is_inside = True
        elif not cells:
            is_inside = False
        elif is_inside and set(cells) != {"---"}:
            yield cells


def named_links(cell: str) -> Sequence[tuple[str, str]]:
    """Name and target of each link whose text is a code span."""
    return re.findall(r"\[`([^`]+)`\]\(([^)\s]+)\)", cell)


def defines(file: Path, name: str) -> bool:
    """Whether a Python file defines a name, such as `Class.method`. Other files contain it."""
    if file.suffix != ".py":
        return name in file.read_text(encoding="utf-8")
    return name in _definitions_of(file)


@cache
def _definitions_of(file: Path) -> frozenset[str]:
    return frozenset(_definitions(ast.parse(file.read_text(encoding="utf-8")).body))


def _definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """The functions, classes, methods and constants that a module defines."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{prefix}{node.name}.")
        for target in [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", []):
            if isinstance(target, ast.Name):
                yield prefix + target.id

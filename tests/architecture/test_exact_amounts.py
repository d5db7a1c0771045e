"""The orders server computes with whole numbers: binary fractions round, and money must not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

FILES = sorted(WORKSPACE.glob("services/orders/src/**/*.py"))


def inexact(tree: ast.AST) -> Iterator[int]:
    """The lines with a float, a division that makes one, or a rounding of one."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno
            case ast.Name(id="float" | "round" | "complex"):
                yield node.lineno
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno
            case ast.Attribute(attr="total_seconds" | "fsum" | "truediv"):
                yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(WORKSPACE).as_posix())
def test_orders_code_has_no_floats(path: Path) -> None:
    assert list(inexact(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("line", ["x = 0.5", "x: float", "x = a / b", "x /= 2", "x = round(y)", "x = 1j"])
def test_each_inexact_form_is_found(line: str) -> None:
    assert list(inexact(ast.parse(line))) == [1]

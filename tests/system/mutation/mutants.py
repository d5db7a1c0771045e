"""Every mutant of a file, except those of code whose change cannot matter.

Left out:

- annotations, aliases of types and `TYPE_CHECKING` blocks;
- assignments to attributes in `__init__`, without which every test fails;
- the arguments of decorators (`slots=True`, sizes of caches), `__slots__` and `__all__`;
- calls of a logger, except in the security log: they are texts for people;
- numbers of 100 or more, and of 10 or more in a constant, moved by one: no test should pin a capacity or a period so
  closely;
- `<` turned into `<=`, or `>` into `>=`, beside a clock: no call meets the exact instant;
- the markers `*` and `/` among parameters;
- changes that leave the same syntax tree.
"""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from .operators import every_operator
from .rooms import KIT

_CAPACITY = 100
_CONSTANT = 10
_CLOCK = re.compile(r"\bnow\b|\bclock\(\)|time\(\)|monotonic\(\)|\buntil\b|\b\w+_at\b")
_INSTANTS = frozenset({"Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt"})


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Attributes:
        file: below `packages/servicekit/src`.
        operator: the operator's name.
        occurrence: which of the operator's places in the file.
        first, last: the lines of the place, counted from 1.
        line: the first of them, without its indentation.
    """

    file: str
    operator: str
    occurrence: int
    first: int
    last: int
    line: str

    @property
    def place(self) -> str:
        """File and line, as editors open them."""
        return f"{self.file}:{self.first}"

    @property
    def path(self) -> Path:
        """The file that is changed in memory."""
        return KIT / self.file

    @cached_property
    def source(self) -> str:
        """The text of the changed file."""
        return str(mutate_code(self.path.read_text(), every_operator()[self.operator], self.occurrence))

    @property
    def changes_nothing(self) -> bool:
        """Whether the syntax tree stays the same, or is none."""
        try:
            return ast.dump(ast.parse(self.source)) == ast.dump(ast.parse(self.path.read_text()))
        except SyntaxError:
            return True

    @property
    def becomes(self) -> str:
        """The first changed line after the change, without its indentation."""
        before, after = self.path.read_text().splitlines(), self.source.splitlines()
        return next(new for old, new in zip(before, after, strict=False) if old != new).strip()

    def diff(self) -> str:
        """The change as a patch without context."""
        before, after = self.path.read_text().splitlines(), self.source.splitlines()
        lines = difflib.unified_diff(before, after, n=0, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))

    def as_json(self) -> dict[str, Any]:
        """What `Mutant(**…)` takes."""
        return asdict(self)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file of the kit, in a fixed order; some of them change nothing."""
    source = path.read_text()
    silent = _Silent(path, ast.parse(source))
    lines = source.splitlines()
    file = path.relative_to(KIT).as_posix()
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in every_operator().items():
        places = (place for node in nodes for place in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            if not silent.covers(start, lines, name):
                yield Mutant(file, name, occurrence, start[0], end[0], lines[start[0] - 1].strip())


class _Silent:
    """The parts of a file whose change cannot matter."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self._constants = {node.lineno for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)}
        keeps_log = path.name == "security_log.py"
        self._parts = [
            ((part.lineno, part.col_offset), (part.end_lineno or part.lineno, part.end_col_offset or 0))
            for node in ast.walk(tree)
            for part in _parts(node, keeps_log=keeps_log)
        ]

    def covers(self, start: tuple[int, int], lines: list[str], operator: str) -> bool:
        """Whether no mutant is made at this place."""
        if any(first <= start < last for first, last in self._parts):
            return True
        text = lines[start[0] - 1]
        if operator.partition("Operator_")[2] in _INSTANTS:
            return _CLOCK.search(text) is not None
        if operator == "ReplaceBinaryOperator_Mul_Div":
            return not text[start[1] + 1 :].startswith(" ")
        if operator == "NumberReplacer":
            number = re.match(r"[\w.]+", text[start[1] :])
            most = _CONSTANT if start[0] in self._constants else _CAPACITY
            return number is not None and abs(ast.literal_eval(number[0])) >= most
        return False


def _parts(node: ast.AST, *, keeps_log: bool) -> Iterator[Any]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield from node.decorator_list
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield node.returns
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        yield node
    if isinstance(node, ast.Assign) and any(_name(target) in {"__slots__", "__all__"} for target in node.targets):
        yield node
    if isinstance(node, ast.FunctionDef) and node.name == "__init__":
        yield from (part for part in node.body if isinstance(part, ast.Assign))
    if isinstance(node, ast.Assign) and _is_alias(node.value):
        yield node
    if not keeps_log and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        owner = node.value.func
        if isinstance(owner, ast.Attribute) and _name(owner.value) in {"logger", "_logger", "log", "_log"}:
            yield node


def _is_alias(value: ast.expr) -> bool:
    """An alias of a type, such as `Callable[[str], None] | None`."""
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr) and "None" in ast.unparse(value)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None

"""Every argument of every operation, and a call that is right but for one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose_to_describe
from devkit.workspace.services import discover
from servicekit.registry.operation import Operation
from servicekit.schema.arguments import InvalidArguments
from servicekit.schema.kinds import Choice, Day, Flag, Identified, Kind, Number, Text
from servicekit.schema.list_kinds import Items
from servicekit.schema.members import Members

NEEDED = {
    "base64": {"content": "eA=="},
    "executable": {"content": "x"},
    "symlink": {"content": "x", "executable": False},
}
"""Members of a file that other members need."""


@dataclass(frozen=True)
class Case:
    """One argument, or one member of an object in an argument.

    Attributes:
        path: the names from the operation's arguments to it.
    """

    operation: Operation
    path: tuple[str | int, ...]
    kind: Kind
    optional: bool

    def __str__(self) -> str:
        return f"{self.operation.name}.{'.'.join(map(str, self.path))}"

    @property
    def name(self) -> str:
        return str(self.path[-1])

    def parse(self, value: Any) -> tuple[dict[str, Any], list[str]]:
        """The arguments and notices of a call that is right but for this value."""
        return parse(self.operation, self.call(value))

    def call(self, value: Any) -> dict[str, Any]:
        """A call that is right but for this value."""
        kinds = self.operation.arguments.kinds
        return placed(sample(kinds), kinds, self.path, value)

    def refusal(self, value: Any) -> str:
        with pytest.raises(InvalidArguments) as caught:
            self.parse(value)
        return str(caught.value)


def parse(operation: Operation, raw: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    arguments, notices, _ = operation.arguments.parse(raw)
    return arguments, notices


def sample(kind: Kind) -> Any:
    """A right value: of an object, only what is required."""
    match kind:
        case Members():
            required = {name: sample(member.kind) for name, member in kind.members.items() if not member.optional}
            return {**required, **({"executable": True} if "executable" in kind.members else {})}  # a file that changes
        case Items():
            return [sample(kind.item)] * 2
        case Identified():
            return int(kind.identifier.example) if kind.number else kind.identifier.example
        case Number():
            return kind.bounds.example(7)
        case Choice():
            return kind.members[0]
        case Flag():
            return True
        case Day():
            return "2026-11-01"
        case Text():
            return "Lisbon of the northern coast"
        case _:
            return {"Uuid": "0198c5b2-7c1e-7d3a-9b54-1f0e2d3c4b5a", "Moment": "2026-01-31T12:00:00Z"}.get(
                type(kind).__name__, {}
            )


def placed(whole: Any, kind: Kind, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of `whole` with `value` at a path, and with what else that needs."""
    first, *rest = path
    inner = kind.inner(first)
    if isinstance(whole, list):
        return [placed(whole[0], inner, tuple(rest), value) if rest else value]
    if not rest:
        needed = {
            name: other
            for name, other in NEEDED.get(str(first), {}).items()
            if isinstance(kind, Members) and name in kind.members
        }
        return {**whole, **needed, first: value}
    return {**whole, first: placed(whole.get(first) or sample(inner), inner, tuple(rest), value)}


def cases_of(operation: Operation) -> Iterator[Case]:
    def inside(kind: Members, path: tuple[str | int, ...]) -> Iterator[Case]:
        for name, member in kind.members.items():
            yield Case(operation, (*path, name), member.kind, member.optional)
            if isinstance(member.kind, Items) and isinstance(member.kind.item, Members):
                yield from inside(member.kind.item, (*path, name, 0))

    yield from inside(operation.arguments.kinds, ())


OPERATIONS = [
    operation
    for description in discover(WORKSPACE)
    for operation in compose_to_describe(description.name).registry.operations
]
CASES = [case for operation in OPERATIONS for case in cases_of(operation)]


def cases(*kinds: type[Kind]) -> list[Any]:
    return [pytest.param(case, id=str(case)) for case in CASES if isinstance(case.kind, kinds)]

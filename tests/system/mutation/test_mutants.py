"""Which mutants are made, and that each is applied in full."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is missing: make mutation installs it")

from cosmic_ray.mutating import mutate_code

from .__main__ import sample
from .mutants import Mutant, mutants_of
from .operators import every_operator
from .patching import Mutated, change_functions, changed_functions

SOURCE = '''
"""A module."""

from functools import wraps

LIMIT = 5


def twice(function):
    @wraps(function)
    def both(value: int | None = None):
        return function(value) + function(value)

    return both


class Scale:
    __slots__ = ("factor",)

    @property
    def unit(self):
        return 1 + 1

    def of(self, value):
        return value - LIMIT


@twice
def doubled(value):
    return value * 3
'''


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that can be imported as `scales`."""
    path = tmp_path / "scales.py"
    path.write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("tests.system.mutation.mutants.KIT", tmp_path)
    return path


@pytest.fixture
def scales(written: Path) -> Iterator[ModuleType]:
    """The module, imported."""
    assert written.exists()
    import scales  # type: ignore[import-not-found]

    yield scales
    del sys.modules["scales"]


@pytest.mark.parametrize("name", every_operator())
def test_every_operator_changes_what_it_says(name: str) -> None:
    operator = every_operator()[name]
    for example in operator.examples():
        changed = mutate_code(example.pre_mutation_code + "\n", operator, example.occurrence)
        assert ast.dump(ast.parse(changed.strip())) == ast.dump(ast.parse(example.post_mutation_code.strip()))


def test_a_statement_of_several_lines_keeps_the_line_numbers() -> None:
    changed = mutate_code("f(\n    1,\n)\ny = 2\n", every_operator()["RemoveStatement"], 0)
    assert changed.splitlines()[3] == "y = 2"


def test_annotations_and_slots_get_no_mutant(written: Path) -> None:
    lines = {mutant.line for mutant in mutants_of(written)}
    assert '__slots__ = ("factor",)' not in lines
    assert "def both(value: int | None = None):" not in lines
    assert "return 1 + 1" in lines


def test_capacities_are_not_moved_by_one(written: Path) -> None:
    written.write_text("SIZE = 10\nSHARE = 0.5\nHUGE = f(100)\n\n\ndef f(a=10, b=100): ...\n")
    assert {mutant.becomes for mutant in mutants_of(written)} == {
        "SHARE = 1.5",
        "SHARE = -0.5",
        "def f(a= 11, b=100): ...",
        "def f(a= 9, b=100): ...",
    }


def test_the_exact_instant_of_a_clock_gets_no_mutant(written: Path) -> None:
    written.write_text("def f(now, until, count):\n    return now < until, count < 5\n")
    operators = [mutant.operator for mutant in mutants_of(written) if "Lt" in mutant.operator]
    assert operators == ["ReplaceComparisonOperator_Lt_GtE", "ReplaceComparisonOperator_Lt_GtE"]
    written.write_text("def f(*, count):\n    return count < 5\n")
    operators = [mutant.operator for mutant in mutants_of(written) if mutant.operator.startswith("Replace")]
    assert operators == ["ReplaceComparisonOperator_Lt_LtE", "ReplaceComparisonOperator_Lt_GtE"]


def test_a_seed_repeats_its_sample(written: Path) -> None:
    mutants = list(mutants_of(written))
    assert sample(mutants, "1", 3) == sample(mutants, "1", 3)
    assert len(sample(mutants, "1", 3)) == 3
    assert len(sample(mutants, "1", None)) == len([one for one in mutants if not one.changes_nothing])


def test_an_imported_function_is_changed_however_it_is_wrapped(written: Path, scales: ModuleType) -> None:
    of, doubled, scale = scales.Scale.of, scales.doubled, scales.Scale()
    assert (of(scale, 7), doubled(2), scale.unit) == (2, 12, 2)
    for becomes in (
        "return value + LIMIT",
        "return value / 3",
        "return 1 - 1",
        "return function(value) - function(value)",
    ):
        (mutant,) = (one for one in mutants_of(written) if one.becomes == becomes)
        changes = changed_functions(written, mutant.source)
        assert changes is not None
        assert change_functions(written, changes)
    assert (of(scale, 7), doubled(2), scale.unit) == (12, 0, 0)


def test_a_constant_needs_a_new_import(written: Path) -> None:
    (constant,) = (one for one in mutants_of(written) if one.becomes == "LIMIT = 6")
    assert changed_functions(written, constant.source) is None
    Mutated("scales", written, constant.source).install()
    try:
        import scales

        assert scales.LIMIT == 6
    finally:
        sys.meta_path.pop(0)
        del sys.modules["scales"]
    assert written.read_text() == SOURCE


def test_a_mutant_survives_the_way_to_another_process(written: Path) -> None:
    mutant = next(mutants_of(written))
    assert Mutant(**mutant.as_json()) == mutant

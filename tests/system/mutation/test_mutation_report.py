"""What fails a run: a score below the bar, and an entry of the list of equivalent mutants that matches nothing."""

from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is missing: make mutation installs it")

from .equivalents import Equivalent, read_equivalents, without_equivalents
from .mutants import Mutant, mutants_of
from .report import Result, failures, survivors, table
from .rooms import ROOMS

ENTRY = '[[equivalent]]\nfile = "a.py"\noperator = "AddNot"\nline = "if x:"\nbecomes = "if not x:"\nreason = "Both."\n'


@pytest.fixture
def mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Mutant]:
    """The mutants of `servicekit/a.py`."""
    path = tmp_path / "servicekit/a.py"
    path.parent.mkdir()
    path.write_text("if x:\n    forget(1)\n")
    monkeypatch.setattr("tests.system.mutation.mutants.KIT", tmp_path)
    return list(mutants_of(path))


def listed(tmp_path: Path, text: str) -> list[Equivalent]:
    path = tmp_path / "list.toml"
    path.write_text(text)
    return read_equivalents(path)


def test_an_equivalent_mutant_is_left_out(mutants: list[Mutant], tmp_path: Path) -> None:
    rest, equivalent, unused = without_equivalents(mutants, listed(tmp_path, ENTRY))
    assert [mutant.becomes for mutant in equivalent] == ["if not x:"]
    assert len(rest) == len(mutants) - 1
    assert unused == []


@pytest.mark.parametrize(
    "change", [("if x:", "if y:"), ("if not x:", "if not y:"), ("AddNot", "ReturnNone"), ("a.py", "b.py")]
)
def test_an_entry_for_other_code_fails_the_run(mutants: list[Mutant], tmp_path: Path, change: tuple[str, str]) -> None:
    rest, equivalent, unused = without_equivalents(mutants, listed(tmp_path, ENTRY.replace(*change)))
    assert (rest, equivalent) == (mutants, [])
    assert "matches no mutant" in failures([Result("a", killed=9)], unused)[0]


def test_an_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exactly"):
        listed(tmp_path, ENTRY.replace("Both.", " "))


def test_a_score_below_the_bar_fails_the_run(mutants: list[Mutant]) -> None:
    low = Result("a", killed=8, survivors=[(mutants[0], 2), (mutants[1], 0)])
    assert failures([Result("a", killed=9, survivors=[(mutants[0], 2)])], []) == []
    assert failures([low], []) == ["80.0% of the mutants were killed; at least 90% must be"]
    assert "80.0%" in table([low])


def test_unchanged_code_that_fails_its_tests_fails_the_run() -> None:
    assert failures([Result("a", problem="the unchanged code fails: test_a")], [])[0].startswith("a: the unchanged")


def test_a_survivor_is_shown_as_a_patch(mutants: list[Mutant]) -> None:
    (mutant,) = (one for one in mutants if one.operator == "RemoveStatement")
    text = survivors([Result("a", survivors=[(mutant, 0)])])
    assert "servicekit/a.py:2 RemoveStatement (no test reaches it)" in text
    assert text.endswith("-    forget(1)\n+    pass")


def test_every_room_has_files_and_tests() -> None:
    for room in ROOMS:
        assert list(room.sources()), room.name
        assert list(room.suites()), room.name


def test_every_listed_mutant_exists() -> None:
    mutants = [mutant for room in ROOMS for path in room.sources() for mutant in mutants_of(path)]
    assert without_equivalents(mutants, read_equivalents())[2] == []

"""Which tests reach which lines, and how long each takes, so that a mutant meets few tests, the quickest first."""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .mutants import Mutant

_QUICK = 0.05  # seconds


@dataclass
class Reached:
    """What the run of the unchanged code found.

    Attributes:
        failures: the tests that failed; mutants say nothing then.
        seconds: by test.
        lines: the tests that reach a line, by file and line.
    """

    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def tests_of(self, mutant: Mutant, *, whole_file: bool) -> list[str]:
        """The tests that reach a mutant, the quickest first.

        Args:
            whole_file: for a mutant of what runs at the import: the tests that reach its file, then every quick test,
                since the constants and models of a file are used without reaching a line of it.
        """
        lines = self.lines.get(str(mutant.path), {})
        numbers: Iterable[int] = lines if whole_file else range(mutant.first, mutant.last + 1)
        reaching = sorted({test for number in numbers for test in lines.get(number, ())}, key=self._quickest)
        if whole_file:
            quick = {test for test, seconds in self.seconds.items() if seconds < _QUICK}
            reaching += sorted(quick.difference(reaching), key=self._quickest)
        return reaching

    def _quickest(self, test: str) -> tuple[float, str]:
        return self.seconds[test], test

    def within(self, tests: list[str], budget: float) -> list[str]:
        """As many of the tests as run within so many seconds, and one at least."""
        chosen: list[str] = []
        for test in tests:
            budget -= self.seconds[test]
            if chosen and budget < 0:
                break
            chosen.append(test)
        return chosen

    def save(self, path: Path) -> None:
        """Keep this for the process that reads it."""
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> "Reached":
        """What `save` kept."""
        reached: Reached = pickle.loads(path.read_bytes())  # noqa: S301 - written by a child of this process
        return reached

"""What the suites found: cases and failures by suite, and how to reproduce each failure."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.system.load.sizes import SEED

_SHOWN = 20
"""Failures of a suite that are printed whole."""
_LONGEST = 4000  # characters of one input


@dataclass
class Suite:
    """The cases of one suite."""

    name: str
    cases: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def case(self, count: int = 1) -> None:
        """Count cases that were tried."""
        self.cases += count

    def fail(self, problem: str, reproduction: object = "") -> None:
        """Record a failure with the input that caused it."""
        text = str(reproduction)
        cut = f" … ({len(text)} characters)" if len(text) > _LONGEST else ""
        self.failures.append(f"{problem}\n      {text[:_LONGEST]}{cut}")

    def check(self, holds: bool, problem: str, reproduction: object = "") -> None:
        """Count a case, and record a failure unless it holds."""
        self.case()
        if not holds:
            self.fail(problem, reproduction)


class Report:
    """The suites of a run."""

    def __init__(self) -> None:
        self._suites: dict[str, Suite] = {}

    @contextmanager
    def suite(self, name: str) -> Iterator[Suite]:
        """Run a suite's cases in the block; fails at its end if one of them failed."""
        suite = self._suites.setdefault(name, Suite(name))
        earlier, started = len(suite.failures), time.monotonic()
        try:
            yield suite
        except BaseException as error:
            suite.fail(f"stopped by {type(error).__name__}: {error}")
            raise
        finally:
            suite.seconds += time.monotonic() - started
        found = suite.failures[earlier:]
        again = f"make attack N={os.environ.get('N') or 100_000} SEED={SEED} ONLY={name}"
        shown = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(found[:_SHOWN], 1))
        assert not found, f"{name}: {len(found)} failures; {again}\n{shown}"

    def table(self) -> list[str]:
        """One line for each suite, and their sum."""
        rows = [(s.name, s.cases, len(s.failures), s.seconds, "; ".join(s.notes)) for s in self._suites.values()]
        if not rows:
            return []
        rows.append(("all", *(sum(row[column] for row in rows) for column in (1, 2, 3)), ""))  # type: ignore[arg-type]
        head = f"{'suite':<12} {'cases':>8} {'failures':>8} {'seconds':>8}"
        return [
            f"SEED={SEED}",
            head,
            *(
                f"{name:<12} {cases:>8} {failed:>8} {took:>8.1f}  {note}".rstrip()
                for name, cases, failed, took, note in rows
            ),
        ]


REPORT = Report()
"""The report of this process."""

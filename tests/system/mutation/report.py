"""The score by room, and every survivor as a patch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .mutants import Mutant

BAR = 0.9
"""The least share of mutants to kill, of all that are not equivalent."""


@dataclass
class Result:
    """What became of the mutants of one room.

    Attributes:
        room: its name.
        killed, timeouts: how many mutants failed a test, and how many ran far too long, which counts as killed.
        survivors: with the number of tests that reach each.
        equivalent: how many mutants the list leaves out.
        problem: why the mutants say nothing; None where they do.
        seconds: of the mutants, without the run of the unchanged code.
    """

    room: str
    killed: int = 0
    timeouts: int = 0
    survivors: list[tuple[Mutant, int]] = field(default_factory=list)
    equivalent: int = 0
    problem: str | None = None
    seconds: float = 0.0

    @property
    def mutants(self) -> int:
        """How many were run."""
        return self.killed + self.timeouts + len(self.survivors)

    @property
    def score(self) -> float:
        """Killed mutants of all."""
        return (self.killed + self.timeouts) / self.mutants if self.mutants else 1.0


def table(results: Sequence[Result]) -> str:
    """One line a room, and one for all."""
    rows = [f"{'room':14}{'mutants':>8}{'killed':>8}{'timeout':>8}{'survived':>9}{'equivalent':>11}{'score':>8}"]
    rows += [_row(result) for result in results]
    return "\n".join([*rows, _row(total(results))])


def total(results: Sequence[Result]) -> Result:
    """All rooms as one."""
    return Result(
        "all",
        sum(result.killed for result in results),
        sum(result.timeouts for result in results),
        [survivor for result in results for survivor in result.survivors],
        sum(result.equivalent for result in results),
    )


def survivors(results: Sequence[Result]) -> str:
    """Place, operator and patch of every mutant that survived."""
    return "\n".join(
        f"\n{mutant.place} {mutant.operator} ({_reached(tests)})\n{mutant.diff()}"
        for result in results
        for mutant, tests in sorted(result.survivors, key=lambda one: (one[0].file, one[0].first))
    )


def failures(results: Sequence[Result], unused: Sequence[object]) -> list[str]:
    """Why the run fails; empty where it passes."""
    reasons = [f"{result.room}: {result.problem}" for result in results if result.problem]
    reasons += [f"{entry} in equivalents.toml matches no mutant" for entry in unused]
    if (score := total(results).score) < BAR:
        reasons.append(f"{score:.1%} of the mutants were killed; at least {BAR:.0%} must be")
    return reasons


def _row(result: Result) -> str:
    counts = f"{result.mutants:8}{result.killed:8}{result.timeouts:8}{len(result.survivors):9}{result.equivalent:11}"
    return f"{result.room:14}{counts}{result.score:8.1%}"


def _reached(tests: int) -> str:
    return f"{tests} tests reach it" if tests else "no test reaches it"

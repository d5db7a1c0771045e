"""Mutants that no test can kill, each with the reason: `equivalents.toml`.

An entry names a file, the text of the line, the operator, and the line after the change, so that moved code still
matches and changed code does not. An entry without a mutant fails the run: the code has changed, and the reason has to
be thought over.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from .mutants import Mutant

LIST = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True)
class Equivalent:
    """An entry of the list.

    Attributes:
        file: below `packages/servicekit/src/servicekit`.
        operator: the operator's name.
        line: the line without its indentation.
        becomes: the first changed line after the change.
        reason: why behaviour stays the same.
    """

    file: str
    operator: str
    line: str
    becomes: str
    reason: str

    def matches(self, mutant: Mutant) -> bool:
        """Whether this entry is about a mutant."""
        place = (f"servicekit/{self.file}", self.operator, self.line)
        return place == (mutant.file, mutant.operator, mutant.line) and self.becomes == mutant.becomes


def read_equivalents(path: Path = LIST) -> list[Equivalent]:
    """The entries of a list.

    Raises:
        ValueError: an entry has an empty or missing field, or one too many.
    """
    names = {field.name for field in fields(Equivalent)}
    entries = tomllib.loads(path.read_text()).get("equivalent", [])
    for entry in entries:
        if set(entry) != names or not all(isinstance(value, str) and value.strip() for value in entry.values()):
            raise ValueError(f"an entry needs exactly {', '.join(sorted(names))}: {entry}")
    return [Equivalent(**entry) for entry in entries]


def without_equivalents(
    mutants: Iterable[Mutant], entries: Sequence[Equivalent]
) -> tuple[list[Mutant], list[Mutant], list[Equivalent]]:
    """The mutants that a test could kill, the others, and the entries that match no mutant."""
    rest, equivalent, unused = [], [], set(entries)
    for mutant in mutants:
        found = next((entry for entry in entries if entry.matches(mutant)), None)
        if found is None:
            rest.append(mutant)
        else:
            equivalent.append(mutant)
            unused.discard(found)
    return rest, equivalent, [entry for entry in entries if entry in unused]

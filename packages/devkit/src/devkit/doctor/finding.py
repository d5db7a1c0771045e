"""One line of `make doctor`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check.

    Attributes:
        check: what was checked, such as "orders".
        message: a sentence without tabs.
        remedy: a command or a next step; None where all is well.
    """

    level: Literal["ok", "warning", "problem"]
    check: str
    message: str
    remedy: str | None = None

    @property
    def record(self) -> str:
        """One line for the script `doctor`: the values, separated by tabs."""
        values = (self.level, self.check, self.message, self.remedy or "")
        return "\t".join(" ".join(value.split()) for value in values)

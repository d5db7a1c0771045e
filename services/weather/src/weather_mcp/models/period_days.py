"""The argument `period`: a year, a month, or the first and last of several."""

import re
from calendar import month_abbr, month_name, monthrange
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from servicekit.schema import Identifier

_MONTHS: Final = {
    name.lower(): number
    for names in (month_name, month_abbr)
    for number, name in enumerate(names)
    if name
}  # fmt: skip
_NAMED: Final = re.compile(r"([a-z]{3,9})\.? (\d{4})")
_BETWEEN: Final = re.compile(r" ?(?:/|\bto\b|\buntil\b|\.\.|–|—) ?")
_PART: Final = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"


def _normalised(text: str) -> str:
    """``October 2026`` becomes ``2026-10``; ``to`` between two days becomes a slash."""
    plain = " ".join(text.lower().replace(",", " ").split())
    return "/".join(_NAMED.sub(_by_number, part) for part in _BETWEEN.split(plain))


def _by_number(found: re.Match[str]) -> str:
    number = _MONTHS.get(found[1])
    return f"{found[2]}-{number:02}" if number is not None else found[0]


Period = Annotated[
    str,
    Identifier(
        "a month, a year, or first and last day such as 2025-12-01/2026-02-28",
        "2025-12-01/2026-02-28",
        pattern=rf"{_PART}(?:/{_PART})?",
        normalise=_normalised,
        any_script=True,
        max_length=60,
    ),
    Field(description="2026-10, 2025 or 2025-12-01/2026-02-28."),
]


def days_of(period: str) -> tuple[date, date]:
    """First and last day of a period.

    Raises:
        ValueError: a day or month does not exist.
    """
    first, _, last = period.partition("/")
    return _first(first), _last(last or first)


def _first(text: str) -> date:
    year, month, day = [*map(int, text.split("-")), 1, 1][:3]
    return date(year, month, day)


def _last(text: str) -> date:
    year, month, day = [*map(int, text.split("-")), 0, 0][:3]
    month = month or 12
    return date(year, month, day or monthrange(year, month)[1])

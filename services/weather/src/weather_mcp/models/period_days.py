"""The argument `period`: a year, season or month, or the first and last of several."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from servicekit.core import Refused
from servicekit.schema import Identifier
from weather_mcp.models.normals import NORMAL_YEARS
from weather_mcp.models.past_days import days_between
from weather_mcp.models.spoken_periods import spoken_period

_RULE: Final = "a month, a year, or first and last day such as 2025-12-01/2026-02-28"
_BETWEEN: Final = re.compile(r" ?(?:/|\bto\b|\buntil\b|\.\.|–|—) ?")
_DAY_AND_MONTH: Final = re.compile("[0-9]{1,2}/[0-9]{1,2}(?:/[0-9]{4})?")
_PART: Final = r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?"
_NUMBERS: Final = re.compile(rf"{_PART}(?:/{_PART})?")
_SAMPLE: Final = date(2026, 11, 29)  # any day: whether a text is valid does not depend on it


def _normalised(text: str) -> str:
    return " ".join(text.casefold().replace(",", " ").split())


def _checked(text: str) -> str:
    """Days in numbers that do not exist are refused later, with a text of their own."""
    if not _NUMBERS.fullmatch(text):
        try:
            with suppress(Refused):  # depends on the day
                days_of(text, _SAMPLE)
        except ValueError:
            raise ValueError(f"must be {_RULE}") from None
    return text


Period = Annotated[
    str,
    Identifier(_RULE, "2025-12-01/2026-02-28", normalise=_normalised, any_script=True, max_length=60),
    AfterValidator(_checked),
    Field(description="2026-10, 2025 or 2025-12-01/2026-02-28."),
]


def days_of(period: str, today: date, *, south: bool = False) -> tuple[date, date]:
    """First and last day of a period. A month or season without a year is the latest that has begun.

    Args:
        today: the current day at the place.
        south: the place is south of the equator, where summer is in December.

    Raises:
        ValueError: it is no period, or a day or month does not exist.
    """
    if (spoken := spoken_period(period, today, south)) is not None:
        return spoken
    first, *more = [period] if _DAY_AND_MONTH.fullmatch(period) else _BETWEEN.split(period)
    if len(more) > 1:
        raise ValueError(period)
    begins, _, ends = days_between(first, more[0] if more else None, today, south=south)
    return begins, ends


def same_days(first: date, last: date) -> Iterator[tuple[date, date]]:
    """First and last day of the period in each normal year. Across New Year, the year of the last day counts."""
    for year in NORMAL_YEARS:
        yield _in_year(first, year - (last.year - first.year)), _in_year(last, year)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 2, 28)

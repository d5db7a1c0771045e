"""Days named by their month, such as `5 December`, and distances such as `in two days`."""

import re
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from servicekit.core import Refused

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS: Final[Mapping[str, int]] = {
    name[:length]: at for at, name in enumerate(_WEEKDAYS) for length in (3, 4, 5, len(name))
}
"""Weekdays and their abbreviations; 0 for Monday."""
MONTHS: Final[Mapping[str, int]] = {
    name[:length]: at for at, name in enumerate(_MONTHS, 1) for length in (3, 4, len(name))
}
"""Months and their abbreviations; 1 for January."""
YEARS: Final = range(1900, 2201)
_LEAP_YEAR: Final = 2000
_FURTHEST: Final = 8  # years between two leap years around 1900 or 2100
_NUMBER_WORDS: Final = (
    "one", "two", "three", "four", "five", "six", "seven",
    "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
)  # fmt: skip
_COUNTS: Final[Mapping[str, int]] = {"a": 1, "an": 1} | {word: at for at, word in enumerate(_NUMBER_WORDS, 1)}
COUNT: Final = f"[0-9]{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))}"
"""Pattern of a number in digits or words."""
_MINUTES: Final[Mapping[str, int]] = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_DAY: Final = _MINUTES["d"]
_DISTANCE: Final = re.compile(
    rf"(in )?(?:({COUNT}) ?(minute|min|hour|hr|h|day|week)s?|(half an hour))(?: (from now|from today|ago))?(?: |$)"
)
_TOKEN: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_NOISE: Final = frozenset({"on", "the", "of"})
_HYPHEN: Final = re.compile(r"(?<=[0-9a-z])-(?=[a-z])|(?<=[a-z])-(?=[0-9])")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})(?:\2([0-9]{4}))?(?= |$)")
_MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day of a month. Without `year` it is a day of every year; `weekday` is checked against the day found."""

    month: int
    day: int
    year: int | None = None
    weekday: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError if there is no such day."""
        date(self.year or _LEAP_YEAR, self.month, self.day)
        if self.year is not None and self.year not in YEARS:
            raise ValueError(self.year)

    def on_or_after(self, day: date) -> date:
        """The first such day from a day on.

        Raises:
            Refused: it is another weekday.
        """
        return self._first(day, 1)

    def on_or_before(self, day: date) -> date:
        """The last such day up to a day.

        Raises:
            Refused: it is another weekday.
        """
        return self._first(day, -1)

    def _first(self, day: date, step: int) -> date:
        years = [self.year] if self.year else range(day.year, day.year + step * (_FURTHEST + 1), step)
        wanted = (self.month, self.day)
        found = next(
            date(year, *wanted)
            for year in years
            if (wanted != (2, 29) or isleap(year)) and (self.year or (date(year, *wanted) - day).days * step >= 0)
        )
        if self.weekday not in (None, found.weekday()):
            raise Refused(f"{found} is a {found:%A}. Give the day without a weekday, such as {found}.")
        return found


def named_day(plain: str) -> tuple[NamedDay, str] | None:
    """The day with which lower-case words begin, and the rest; None without one.

    Two numbers are a day and a month only if one of them can be no month.

    Raises:
        ValueError: there is no such day.
    """
    if (match := _NUMBERS.match(plain)) is not None:
        return _in_numbers(match), plain[match.end() :].strip()
    words = _HYPHEN.sub(" ", plain).split()
    found = dict[str, int]()
    at = 0
    for at, word in enumerate([*words, ""]):  # noqa: B007 - the first word of the rest
        if word in _NOISE:
            continue
        kind, number = _kind(word)
        if kind is None or kind in found or (kind == "weekday" and found):
            break
        found[kind] = number
    if not {"day", "month"} <= found.keys():
        return None
    return NamedDay(**found), " ".join(words[at:])


def _kind(word: str) -> tuple[str | None, int]:
    """Which part of a day a word is, and its number."""
    if word in MONTHS:
        return "month", MONTHS[word]
    if word in WEEKDAYS:
        return "weekday", WEEKDAYS[word]
    if (match := _TOKEN.fullmatch(word)) is not None:
        return "day", int(match[1])
    return ("year", int(word)) if re.fullmatch("[0-9]{4}", word) else (None, 0)


def _in_numbers(match: re.Match[str]) -> NamedDay:
    one, separator, other, year = int(match[1]), match[2], int(match[3]), match[4]
    if (separator != "/" and year is None) or (max(one, other) <= _MONTHS_A_YEAR and one != other):
        raise ValueError(match[0])
    return NamedDay(min(one, other), max(one, other), int(year) if year else None)


def number_of(text: str) -> int:
    """The number that a text of `COUNT` means."""
    return _COUNTS[text] if text in _COUNTS else int(text)


def distance(plain: str) -> tuple[timedelta, bool, str] | None:
    """How far from now lower-case words are, whether that counts whole days, and the rest; None without a distance."""
    match = _DISTANCE.match(plain)
    if match is None or (match[1] is None) == (match[5] is None):
        return None
    if match[4] is not None:
        minutes, unit = 30, 1
    else:
        unit = _MINUTES[match[3][0]]
        minutes = unit * number_of(match[2])
    sign = -1 if match[5] == "ago" else 1
    return timedelta(minutes=sign * minutes), unit >= _DAY, plain[match.end() :]

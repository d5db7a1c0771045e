"""The arguments `from` and `to`: days, parts of a day and times, as people and models write them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from servicekit.schema import Searched
from weather_mcp.models.named_days import WEEKDAYS, YEARS, distance, named_day
from weather_mcp.models.spoken_times import PARTS, SpokenTime

_RULE: Final = (
    "must be a day, part of a day or time, such as 2026-12-05, 5 December, in 3 hours, next weekend, "
    "saturday afternoon or 2026-12-05T12:00"
)
_TWO_WAYS: Final = "People read next with a weekday in two ways: give the date, or this friday for the coming one"
_NEXT_WEEKDAY: Final = re.compile(rf"\bnext ({'|'.join(WEEKDAYS)})\b")
_MOST: Final = 60  # characters
_NOON: Final = 12 * 60
_DAY: Final = 24 * 60
RELATIVE: Final = {"day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1, "overmorrow": 2}
"""Days from today."""
_NOISE: Final = frozenset({"on", "at", "this", "the", "coming", "in", "of"})
_DATE: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{2})([0-9]{2})(?![0-9]))(?:t(?=[0-9]))?"
)
_CLOCK: Final = re.compile(
    r"([0-9]{1,2})(?::([0-9]{2}))?(?::[0-9]{2}(?:[.][0-9]{1,9})?)? ?(am|pm|h|uhr|o'clock)? ?"
    r"(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})?"
)
_TIME_FIRST: Final = re.compile(
    rf"({'|'.join(PARTS)}|noon|midday|[0-9]{{1,2}}(?::[0-9]{{2}}(?: ?[ap]m)?| ?(?:am|pm|h|uhr|o'clock))) (.+)"
)
_DOTTED: Final = re.compile(r"\b([ap])[.]m\b[.]?")
_DOT: Final = re.compile(r"(?<=[0-9a-z])[.](?= |$)")


def spoken_time(text: str) -> SpokenTime:
    """What a text says.

    Raises:
        ValueError: it is no day, part of a day or time.
    """
    plain = text.casefold().replace(",", " ").replace("day after tomorrow", "overmorrow")
    plain = " ".join(_DOT.sub("", _DOTTED.sub(r"\1m", plain)).split())
    for one in _orders(plain):
        try:
            found, rest = _dated(one)
            return _timed(found, rest) if rest else found
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{_RULE}. {_TWO_WAYS}" if _NEXT_WEEKDAY.search(plain) else _RULE)


def _orders(plain: str) -> Iterator[str]:
    """A text, and with its day before its time."""
    yield plain
    if (match := _TIME_FIRST.fullmatch(_without_noise(plain))) is not None:
        yield f"{match[2]} {match[1]}"


def _dated(plain: str) -> tuple[SpokenTime, str]:
    """The day at the beginning of a text, and the rest."""
    if (match := _DATE.match(plain)) is not None:
        year, month, day = (int(match[one] or match[other]) for one, other in ((1, 1), (3, 5), (4, 6)))
        if year not in YEARS:
            raise ValueError(plain)
        return SpokenTime(day=date(year, month, day)), _without_noise(plain[match.end() :])
    if (far := distance(plain)) is not None:
        length, is_days, rest = far
        if is_days:
            return SpokenTime(ahead=length.days, is_distance=True), _without_noise(rest)
        return SpokenTime(after=length, is_distance=True), rest
    if (named := named_day(_without_noise(plain))) is not None:
        return SpokenTime(named=named[0]), _without_noise(named[1])
    return _worded(plain)


def _worded(plain: str) -> tuple[SpokenTime, str]:
    """A day without a number at the beginning of a text, and the rest."""
    word, _, rest = _without_noise(plain).partition(" ")
    is_next = word == "next"
    if is_next:
        word, _, rest = rest.partition(" ")
    rest = _without_noise(rest)
    if word in ("weekend", "week"):
        return SpokenTime(is_weekend=word == "weekend", is_week=word == "week", is_next=is_next), rest
    if not word or is_next:
        raise ValueError(plain)
    if word == "now":
        return SpokenTime(is_now=True), rest
    if word in RELATIVE:
        return SpokenTime(ahead=RELATIVE[word]), rest
    if word in WEEKDAYS:
        return SpokenTime(weekday=WEEKDAYS[word]), rest
    return SpokenTime(ahead=0) if word == "tonight" else SpokenTime(), _without_noise(plain)


def _timed(found: SpokenTime, rest: str, *, has_part: bool = False) -> SpokenTime:
    """A day with its part or time. An hour without minutes is a time only with a day or a part of it."""
    if found.is_several_days or found.is_time:
        raise ValueError(rest)
    if rest in PARTS:
        return replace(found, part=rest)
    if rest in ("noon", "midday"):
        return replace(found, minute=_NOON)
    part, _, clock = rest.partition(" ")
    if part in PARTS and not has_part:
        return _within(part, _timed(found, _without_noise(clock), has_part=True), "m" in clock)
    match = _CLOCK.fullmatch(rest)
    has_day = found != SpokenTime() and found.named is None  # "5 December 12" may be a year
    if match is None or not (match[2] or match[3] or has_day or has_part):
        raise ValueError(rest)
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise ValueError(rest)
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour * 60 + minute > _DAY or minute > 59:
        raise ValueError(rest)
    return replace(found, minute=hour * 60 + minute, offset=_offset(match[4]))


def _within(part: str, found: SpokenTime, is_exact: bool) -> SpokenTime:
    """The time as of a part of a day: 8:00 in the evening is 20:00, 1:00 at night is of the next day.

    Args:
        is_exact: it is said to be am or pm.
    """
    first, last = (hour * 60 for hour in PARTS[part])
    if found.minute is None or found.offset is not None:
        raise ValueError(part)
    halves = (0, _DAY) if is_exact or found.minute > _NOON else (0, _NOON, _DAY)
    for later in halves:
        if first <= found.minute + later < last:
            return replace(found, minute=found.minute + later)
    raise ValueError(part)


def _offset(text: str | None) -> timedelta | None:
    if text is None or text in ("z", "utc", "gmt"):
        return None if text is None else timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)


def _without_noise(text: str) -> str:
    words = text.split()
    while words and words[0] in _NOISE:
        words.pop(0)
    return " ".join(words)


def _checked(text: str) -> str:
    spoken_time(text)
    return text


_Text = Annotated[str, AfterValidator(_checked), Searched()]
FromText = Annotated[
    _Text | None,
    Field(max_length=_MOST, description="There: 2026-12-05T12:00, saturday afternoon."),
]
ToText = Annotated[_Text | None, Field(max_length=_MOST, description="As from.")]

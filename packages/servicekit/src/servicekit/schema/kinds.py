"""The kinds of arguments, made once from annotations: how each is read from JSON, and its rule in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from servicekit.schema import conversions
from servicekit.schema.argument_types import Identifier
from servicekit.schema.suggestions import closest_words, did_you_mean, same_word, spelled

Recorded = Literal["free", "closed", "listed"]
"""What the audit trail may keep of a text: its length, the text with e-mail addresses masked, or the text."""

_SHOWN_MEMBERS: Final = 40


@dataclass(slots=True)
class Reading:
    """What was understood differently from what was sent, and what cannot be understood.

    Attributes:
        notices: sentences for a call that succeeds. They name no value but members of closed sets and identifiers.
        problems: lines of a refusal.
    """

    notices: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])


class Kind:
    """Any kind; on its own, one of which nothing is converted, such as stored text.

    Attributes:
        rule: what a right value is, to follow the argument's name.
        recorded: what the audit trail may keep.
        drops: something in it can be left out, so that empty means absent.
        shape: how its JSON begins.
        is_name: it is a number or a word without commas, so that several can be sent in one text.
    """

    rule: str | None = None
    recorded: Recorded = "free"
    drops: bool = False
    shape: Literal["object", "list", "value"] = "value"
    is_name: bool = False

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """The value that is certainly meant, or `value` itself.

        Args:
            at: the argument's path, for notices.
        """
        del at, reading
        return value

    def opened(self, value: Any) -> Any:
        """`value` with lists and objects in place of their JSON text, whose escapes hide marks from `restore`."""
        return value

    def inner(self, part: str | int) -> "Kind":
        """The kind of a member or item."""
        del part
        return UNCONVERTED

    def wanted(self, value: Any) -> str | None:
        """The rule, for a value that breaks it."""
        del value
        return self.rule

    def similar(self, value: Any) -> Iterable[str]:
        """The valid values most like one that breaks the rule in words of its own."""
        del value
        return ()


UNCONVERTED: Final = Kind()


class Text(Kind):
    """Text that is taken as it is; where it is only searched for, also from a number."""

    rule = "must be text"

    def __init__(self, *, searched: bool) -> None:
        self.searched = searched

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        return conversions.digits(value) if self.searched else value


class Flag(Kind):
    """A boolean."""

    rule = "must be true or false"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        return conversions.flag(value)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest and largest number, if there are any."""

    least: float | None = None
    most: float | None = None

    @property
    def words(self) -> str:
        """Such as " from 1 to 50"."""
        if self.least is not None and self.most is not None:
            return f" from {self.least} to {self.most}"
        if self.least is not None:
            return f" of at least {self.least}"
        return "" if self.most is None else f" of at most {self.most}"

    def example(self, usual: float) -> float:
        """`usual`, or the nearest bound."""
        low = usual if self.least is None else max(usual, self.least)
        return low if self.most is None else min(low, self.most)


class Number(Kind):
    """An integer or a float.

    Args:
        whole: an integer.
        exact: nothing is converted.
        raised: a number from 0 on that is below the least is raised to it. A negative one may mean: no limit.
        lowered: a number above the most is lowered to it.
    """

    is_name = True

    def __init__(self, bounds: Bounds, *, whole: bool, exact: bool, raised: bool, lowered: bool) -> None:
        self.bounds, self.whole, self.exact, self.lowered = bounds, whole, exact, lowered
        self._least = bounds.least if raised else None
        self._most = bounds.most if lowered else None
        name, usual = ("a whole number", 5) if whole else ("a number", 2.5)
        self.rule = f"must be {name}{bounds.words}, for example {bounds.example(usual)}"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if self.exact:
            return value
        found = conversions.whole_number(value) if self.whole else conversions.number(value)
        if type(found) is not int and (self.whole or type(found) is not float):
            return value
        for bound, beyond, word in ((self._most, 1, "most"), (self._least, -1, "least")):
            if bound is not None and (found - bound) * beyond > 0 and not found < 0 <= bound:
                reading.notices.append(f"{at} is at {word} {bound}, so {bound} was used.")
                return bound
        return found

    def wanted(self, value: Any) -> str | None:
        return f"{self.rule}, sent as a number and not as text" if self.exact and isinstance(value, str) else self.rule


class Choice(Kind):
    """One of some words."""

    recorded = "listed"
    is_name = True

    def __init__(self, members: tuple[str, ...]) -> None:
        self.members = members
        self._known = frozenset(members)
        self._spelled = spelled(members)
        more = ", …" if len(members) > _SHOWN_MEMBERS else ""
        self.rule = f"must be one of {', '.join(members[:_SHOWN_MEMBERS])}{more}"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if not isinstance(value, str) or value in self._known or len(value) > 64 or not value.isascii():
            return value
        if value.lstrip().startswith("-"):  # all but this one, or in the other order
            return value
        return self._spelled.get(same_word(value), value)

    def wanted(self, value: Any) -> str | None:
        suggestions = closest_words(value, self.members) if isinstance(value, str) else []
        return f"{self.rule}.{did_you_mean(suggestions)}"


class Day(Kind):
    """A date."""

    recorded = "closed"
    rule = "must be a day written as YYYY-MM-DD, for example 2026-11-01"

    def __init__(self, least: date | None = None, most: date | None = None) -> None:
        if least is not None and most is not None:
            self.rule = f"{self.rule}, from {least} to {most}"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        return conversions.day(value)

    def wanted(self, value: Any) -> str | None:
        if conversions.has_time_of_day(value):
            return "must be a day without a time of day, because days are counted whole: write 2026-11-01"
        return self.rule


class Moment(Kind):
    """A date and time."""

    recorded = "closed"
    rule = "must be a date and time with its zone, for example 2026-01-31T12:00:00Z"

    def __init__(self, *, start_of_day: bool) -> None:
        self._start_of_day = start_of_day

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if not self._start_of_day:
            return conversions.moment(value)
        found = conversions.start_of_day(value)
        if found != conversions.moment(value):
            reading.notices.append(f"Read {at} as {found}.")
        return found


class Uuid(Kind):
    """A UUID."""

    recorded = "closed"
    rule = "must be an id (UUID) from another tool's result, for example 0198c5b2-7c1e-7d3a-9b54-1f0e2d3c4b5a"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        return value.strip() if isinstance(value, str) else value


_ANY_WORDS: Final = "some words of a person"


class Identified(Kind):
    """An identifier, in one of its spellings."""

    def __init__(self, identifier: Identifier, *, number: Kind | None = None) -> None:
        self.identifier, self.number = identifier, number
        self.rule = identifier.rule
        self.is_name = identifier.pattern is not None
        self.recorded = "free" if identifier.pattern is None or identifier.matches(_ANY_WORDS) else "closed"

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        identifier = self.identifier
        if self.number is not None:
            text = value.strip() if isinstance(value, str) else value
            if isinstance(text, str) and identifier.normalise is not None:
                text = identifier.normalise(text)
            return self.number.read(text, at, reading)
        text = conversions.digits(value) if identifier.from_number else value
        found = identifier.read(text) if isinstance(text, str) else None
        if found is None:
            return value
        if identifier.pattern is not None and found.casefold() != str(text).strip().casefold():
            reading.notices.append(f"Read {at} as {found}.")
        return found

    def wanted(self, value: Any) -> str | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        as_text = is_number and self.number is None and not self.identifier.from_number
        return f"{self.rule}. Send it as text, not as a number" if as_text else self.rule

    def similar(self, value: Any) -> Iterable[str]:
        return self.identifier.similar(value) if self.identifier.similar and isinstance(value, str) else ()

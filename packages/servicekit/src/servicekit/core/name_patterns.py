"""Lists of names and patterns, as grants and policies have them."""

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from typing import Final

_MARKS: Final = frozenset("*?[")


def is_pattern(name: str) -> bool:
    """Whether an entry stands for other names than itself."""
    return not _MARKS.isdisjoint(name)


class NamePatterns:
    """A list of names and patterns: ``*`` is any run of characters, ``?`` one, ``[ab]`` one of some, ``[!ab]`` another.

    Attributes:
        names: the entries that are no patterns.
        only_names: no entry is a pattern.
    """

    __slots__ = ("_pattern", "names", "only_names")

    def __init__(self, entries: Sequence[str]) -> None:
        patterns = [translate(entry) for entry in entries if is_pattern(entry)]
        self.names: Final = frozenset(entry for entry in entries if not is_pattern(entry))
        self.only_names: Final = not patterns
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def match(self, name: str) -> bool:
        """Whether an entry is, or stands for, this name."""
        return name in self.names or self.stands_for(name)

    def stands_for(self, name: str) -> bool:
        """Whether a pattern stands for this name."""
        return self._pattern is not None and self._pattern.match(name) is not None


@lru_cache(maxsize=1024)
def name_patterns(entries: tuple[str, ...]) -> NamePatterns:
    """The patterns of a list, compiled once."""
    return NamePatterns(entries)

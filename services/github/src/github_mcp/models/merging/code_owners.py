"""CODEOWNERS: which users and teams own a path (docs.github.com: About code owners)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Final

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks for the file on the base branch, in this order; the first one counts."""
_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+")
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """A line of CODEOWNERS.

    Attributes:
        owners: ``@user``, ``@organisation/team`` or a mail address; empty where the paths have no owner.
        parts: the pattern between slashes; None stands for ``**``.
        inside: only what is inside a matching directory is meant, not the directory's own path.
        only_itself: what is inside a matching directory is not meant, as in ``docs/*``.
    """

    pattern: str
    owners: tuple[str, ...]
    parts: tuple[re.Pattern[str] | None, ...]
    inside: bool
    only_itself: bool

    def matches(self, path: str) -> bool:
        """Whether the pattern covers a path. Takes time proportional to the pattern's parts and the path's."""
        names = path.split("/")
        places = self._skipped({0})
        for number, name in enumerate(names):
            if len(self.parts) in places and not self.only_itself:
                return True
            found: set[int] = set()
            for place in places:
                if place == len(self.parts):
                    continue
                part = self.parts[place]
                if part is None:
                    found.add(place)
                elif part.match(name):
                    found.add(place + 1)
            places = self._skipped(found)
            if not places:
                return False
            if len(self.parts) in places and number + 1 < len(names) and not self.only_itself:
                return True
        return len(self.parts) in places and not self.inside

    def _skipped(self, places: set[int]) -> set[int]:
        """The places reached from `places` where ``**`` stands for no directory."""
        found = set(places)
        for place in sorted(places):
            while place < len(self.parts) and self.parts[place] is None:
                place += 1
                found.add(place)
        return found


def owner_rules(text: str) -> list[OwnerRule]:
    """The rules of a CODEOWNERS file, in its order. Lines that GitHub does not accept are left out, as GitHub does."""
    return [rule for line in text.splitlines() if (rule := _rule(line)) is not None]


def owners_of(rules: Sequence[OwnerRule], path: str) -> tuple[str, ...]:
    """The owners of a path: the last rule that matches decides."""
    return next((rule.owners for rule in reversed(rules) if rule.matches(path)), ())


def _rule(line: str) -> OwnerRule | None:
    words: list[str] = []
    for word in _WORD.findall(line):
        if word.startswith("#"):
            break
        words.append(word)
    if not words or words[0].startswith("!") or "[" in words[0] or any("@" not in word for word in words[1:]):
        return None
    pattern = _ESCAPED.sub(r"\1", words[0])
    names = [name for name in pattern.strip("/").split("/") if name]
    if not names:
        return None
    inside = pattern.endswith("/")
    is_anchored = "/" in pattern.removesuffix("/")
    while len(names) > 1 and names[-1] == "**":
        names.pop()
        inside = True
    parts = tuple(None if name == "**" else re.compile(translate(name)) for name in names)
    return OwnerRule(
        pattern=pattern,
        owners=tuple(words[1:]),
        parts=parts if is_anchored else (None, *parts),
        inside=inside,
        only_itself=is_anchored and names[-1] == "*" and not inside,
    )

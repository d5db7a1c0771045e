"""Edits of a long text: what to replace, and by what, so that the rest of the text never passes through a model."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from servicekit.core.errors import Refused
from servicekit.schema.free_text import FreeText
from servicekit.schema.line_endings import CRLF, LF, ending_near, with_lf

_SHOWN_LINES: Final = 5
_LONGEST: Final = 8 * 1024 * 1024
"""Characters that a text may grow to. Without it, a short edit of every occurrence could fill the memory."""
_LEAST_PREFIX: Final = 8
"""Characters of `old` that have to occur for a refusal to name the line."""


class TextEdit(BaseModel):
    """One replacement in a text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    old: Annotated[str, FreeText(60_000, "Exact text that occurs once.", blank=True)]
    new: Annotated[str, FreeText(700_000, "Text to put in its place.", shortest=0, blank=True)]
    all: Annotated[bool, Field(description="Replace every occurrence.")] = False


TextEdits = Annotated[
    list[TextEdit],
    Field(min_length=1, max_length=50, description="Replacements, in order. Everything else stays as it is."),
]


def apply_edits(text: str, edits: Sequence[TextEdit], what: str) -> str:
    r"""`text` after the edits, each applied to the result of the one before it.

    A line break in `old` matches ``\n`` and ``\r\n``. New lines get the ending of the line where they begin. An edit of
    nothing but line endings is applied as it is.

    Args:
        what: the text, in words for the refusal, for example ``docs/index.md``. Never untrusted text.

    Raises:
        Refused: an `old` does not occur, or occurs more than once without `all`.
    """
    for number, edit in enumerate(edits, start=1):
        text = _apply(text, edit, f"Edit {number} of {what}")
    return text


def _apply(text: str, edit: TextEdit, name: str) -> str:
    if edit.old == edit.new:
        raise Refused(f"{name}: `old` and `new` are the same. Nothing was changed. Give the new text in `new`.")
    search = _Search(text, with_lf(edit.old))
    starts = search.starts(every=edit.all)
    if not starts:
        raise Refused(f"{name}: `old` does not occur. Nothing was changed. {_nearest(search)}")
    if not edit.all and search.is_ambiguous(starts[0]):
        raise Refused(
            f"{name}: `old` occurs more than once, in lines {search.lines()}. Nothing was changed. Add the text before "
            "or after the right place to both `old` and `new`, or set all=true to replace every occurrence."
        )
    replacement = _Replacement(search, edit.new)
    pieces: list[str] = []
    end = 0
    for start in starts:
        first, last, new = replacement.at(start)
        pieces += (text[end:first], new)
        end = last
    pieces.append(text[end:])
    length = sum(map(len, pieces))
    if length > max(_LONGEST, len(text)):
        raise Refused(
            f"{name}: the text would have {length} characters, more than {_LONGEST}. Nothing was changed. Replace "
            "fewer occurrences, or by less text."
        )
    return "".join(pieces)


class _Search:
    r"""Finds a text that has no ``\r\n`` in one that may, as if it had none either."""

    def __init__(self, text: str, wanted: str) -> None:
        self.text, self.wanted = text, wanted
        self.plain = with_lf(text)
        self._removed: list[int] = []  # positions in `plain` of each line break that is two characters in `text`
        position = text.find(CRLF)
        while position >= 0:
            self._removed.append(position - len(self._removed))
            position = text.find(CRLF, position + 2)
        self._break = -1
        self._ending: str | None = None

    @property
    def has_crlf(self) -> bool:
        r"""Whether a line of the text ends with ``\r\n``."""
        return bool(self._removed)

    def ending(self, position: int) -> str | None:
        """`ending_near` a position in `text`. Each position asked for is at or after the one before: so all of them
        together cost one pass."""
        if self._break < position and self._break < len(self.text):
            found = self.text.find(LF, position)
            self._break = found if found >= 0 else len(self.text)
            self._ending = ending_near(self.text, position)
        return self._ending

    def starts(self, *, every: bool) -> list[int]:
        """The positions in `plain` of the first occurrence, or of all that do not overlap."""
        starts: list[int] = []
        start = self.plain.find(self.wanted)
        while start >= 0:
            starts.append(start)
            start = self.plain.find(self.wanted, start + len(self.wanted)) if every else -1
        return starts

    def is_ambiguous(self, first: int) -> bool:
        """Whether there is a second occurrence, which may overlap the first."""
        return self.plain.find(self.wanted, first + 1) >= 0

    def lines(self) -> str:
        """The numbers of the lines in which the first occurrences begin."""
        numbers: list[int] = []
        start = self.plain.find(self.wanted)
        while start >= 0 and len(numbers) < _SHOWN_LINES:
            numbers.append(line_at(self.plain, start))
            start = self.plain.find(self.wanted, start + 1)
        more = " and others" if start >= 0 else ""
        return ", ".join(map(str, dict.fromkeys(numbers))) + more

    def position(self, plain: int) -> int:
        """The position in `text` for one in `plain`."""
        return plain + bisect_left(self._removed, plain)


def line_at(text: str, position: int) -> int:
    """The number of the line at a position, from 1."""
    return text.count(LF, 0, position) + 1


class _Replacement:
    """The new text of one edit, with the line endings of each place."""

    def __init__(self, search: _Search, new: str) -> None:
        self._search, self._sent, self._plain = search, new, with_lf(new)
        # What `old` and `new` have in common at both ends keeps its bytes.
        self._before = before = _common_length(search.wanted, self._plain)
        self._after = _common_length(search.wanted[before:][::-1], self._plain[before:][::-1])
        changed = self._plain[before : len(self._plain) - self._after]
        self._changed = {LF: changed, CRLF: changed.replace(LF, CRLF)}
        self._is_of_endings = self._plain == search.wanted

    def at(self, start: int) -> tuple[int, int, str]:
        """Start and end in the text of what really changes at a position in `plain`, and the new text."""
        search = self._search
        stop = start + len(search.wanted)
        first, last = search.position(start), search.position(stop)
        ending = search.ending(first)
        if ending is None or self._is_of_endings:
            return first, last, self._sent
        if not search.has_crlf:
            return first, last, self._plain
        first, last = search.position(start + self._before), search.position(stop - self._after)
        return first, last, self._changed[search.ending(first) or ending]


def _common_length(one: str, other: str) -> int:
    """The length of the longest common prefix."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _nearest(search: _Search) -> str:
    """Where the text is most like `old`, by line number: the text itself may be untrusted."""
    text, old = search.plain, search.wanted
    folded = _folded(old)
    position = _folded(text).find(folded) if folded.strip() else -1
    if position >= 0:
        line = line_at(_folded(text), position)
        return f"It occurs in line {line} with other spaces or letter case: copy it exactly as it was read."
    known = _longest_known_prefix(text, old)
    if known >= min(_LEAST_PREFIX, len(old)):
        line = line_at(text, text.find(old[:known]) + known)
        return f"Its first {known} characters occur, and the text differs from line {line} on. Read it again."
    return "Read the text again, and copy the part to replace exactly."


def _folded(text: str) -> str:
    """Without spaces and letter case, line by line."""
    return LF.join("".join(line.split()).lower() for line in text.split(LF))


def _longest_known_prefix(text: str, old: str) -> int:
    low, high = 0, len(old)
    while low < high:
        middle = (low + high + 1) // 2
        if old[:middle] in text:
            low = middle
        else:
            high = middle - 1
    return low

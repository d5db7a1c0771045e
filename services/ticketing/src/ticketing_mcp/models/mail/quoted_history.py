"""Finds the history that a reply quotes: what its writer did not write, and what the ticket shows anyway.

A forwarded mail is content and stays. So do quotes between answers, since an answer makes no sense without them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ticketing_mcp.models.mail.lines import Line
from ticketing_mcp.models.mail.reply_phrases import (
    BEGINNINGS,
    DATE,
    FORWARDED,
    FROM,
    QUOTED,
    RECEIVER,
    SENT_FROM,
    WROTE,
)

_LONGEST_INTRODUCTION = 400
_LINES_OF_INTRODUCTION = 4
_LINES_OF_HEADERS = 12
_LONGEST_FIELD = 24
_SHORT_QUOTE = 5
"""Lines of a quote between two texts that are kept."""
_FRAME = " \t-–—_=*#>:\u200e\u200f"
_RULED = re.compile(r"[-_=*>]")
_TIME = re.compile(r"[0-9]{1,2}[:.h][0-9]{2}")


@dataclass(frozen=True, slots=True)
class _Quote:
    """Lines `start` to `end` of a mail; `introduced`: by a line such as "Ann wrote:"; `marked`: by the mail program."""

    start: int
    end: int
    introduced: bool = False
    marked: bool = False


def own_lines(lines: Sequence[Line]) -> list[int]:
    """The places of the lines that are no quoted history; of all lines, if nothing else is left."""
    folded = {place for quote in _folded(lines, _quotes(lines)) for place in range(quote.start, quote.end)}
    kept = [place for place in range(len(lines)) if place not in folded]
    return kept if any(_says_something(lines[place].text) for place in kept) else list(range(len(lines)))


def _folded(lines: Sequence[Line], quotes: Sequence[_Quote]) -> list[_Quote]:
    """The quotes that are history."""
    last = len(quotes) - 1
    folded: list[_Quote] = []
    for place, quote in enumerate(quotes):
        is_trailing = place == last and not _has_words(lines[quote.end :])
        is_leading = last == 0 and not _has_words(lines[: quote.start])
        is_long = last == 0 and quote.introduced and quote.end - quote.start > _SHORT_QUOTE
        if quote.marked or is_trailing or is_leading or is_long:
            folded.append(quote)
    return folded


def _quotes(lines: Sequence[Line]) -> list[_Quote]:
    """The quotes in order, up to the beginning of a forwarded mail."""
    found: list[_Quote] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.depth == 0 and _is_framed(line.text, FORWARDED):
            break
        if line.depth == 0 and (_is_framed(line.text, QUOTED) or _is_header(lines, place)):
            found.append(_Quote(_before_rule(lines, place), len(lines), introduced=True, marked=True))
            break
        introduction = _introduction(lines, place) if line.depth == 0 else 0
        # Only after an introduction: from every line of a long run of empty ones, it would take quadratic time.
        first = _next_with_words(lines, place + introduction) if introduction else place
        if first == len(lines):
            break  # an introduction of nothing
        if introduction and not (lines[first].depth or lines[first].is_history):
            if not _is_certain(lines, place, introduction):
                place += 1
                continue
            found.append(_Quote(place, len(lines), introduced=True, marked=True))
            break
        if introduction or line.depth or line.is_history:
            end = _end_of_quote(lines, first)
            found.append(_Quote(place, end, bool(introduction), lines[first].is_history))
            place = end
            continue
        place += 1
    return found


def _end_of_quote(lines: Sequence[Line], place: int) -> int:
    end = place
    while place < len(lines) and (lines[place].depth or lines[place].is_history or not lines[place].text.strip()):
        place += 1
        if lines[place - 1].depth or lines[place - 1].is_history:
            end = place
    return end


def _introduction(lines: Sequence[Line], place: int) -> int:
    """How many lines from here say that what follows was written by another; 0 if they do not."""
    joined = ""
    for count, line in enumerate(lines[place : place + _LINES_OF_INTRODUCTION], start=1):
        if not line.text.strip() or line.depth or len(joined) + len(line.text) > _LONGEST_INTRODUCTION:
            return 0
        joined = f"{joined} {line.text.strip()}".strip()
        if joined.endswith((":", "：")):
            return count if _names_writer(joined.casefold()) else 0
        if joined.endswith((".", "!", "?", "。")) or not _begins_introduction(joined.casefold()):
            return 0
    return 0


def _begins_introduction(text: str) -> bool:
    begun = text.lstrip("\u200e\u200f\u202a\u202b")
    return begun[:1].isdigit() or begun.startswith(BEGINNINGS)


def _names_writer(text: str) -> bool:
    has_digit = any(character.isdigit() for character in text)
    if text.endswith((">:", ">：", "):")) and "@" in text and has_digit:
        return True  # a date, a name and an address, in any language
    return (has_digit or "@" in text) and any(phrase in text for phrase in WROTE)


def _is_certain(lines: Sequence[Line], place: int, count: int) -> bool:
    """Whether an introduction was written by a mail program: with a time of day or an address, and the writer last."""
    text = " ".join(line.text.strip() for line in lines[place : place + count])
    writer = text.casefold().rstrip(":： ")
    return ("@" in text or _TIME.search(text) is not None) and writer.endswith((">", ")", *WROTE))


def _is_header(lines: Sequence[Line], place: int) -> bool:
    """Whether the fields of a mail begin here: its sender, its date, and its receiver or subject (Outlook)."""
    if _field(lines[place].text) not in FROM:
        return False
    following = lines[place + 1 : place + _LINES_OF_HEADERS]
    receivers = sum(1 for line in following if _field(line.text) in RECEIVER)
    dates = [line.text for line in following if _field(line.text) in DATE]
    is_complete = receivers > 1 and any(_TIME.search(text[:_LONGEST_INTRODUCTION]) for text in dates)
    return bool(dates and receivers) and (is_complete or "@" in lines[place].text[:_LONGEST_INTRODUCTION])


def _field(text: str) -> str:
    name, colon, _ = text[: _LONGEST_FIELD + 8].replace("：", ":").partition(":")
    return " ".join(name.replace("*", "").split()).casefold() if colon else ""


def _is_framed(text: str, phrases: frozenset[str]) -> bool:
    """Whether a line is one of the phrases, between rules or before a colon."""
    if len(text) > _LONGEST_INTRODUCTION or not (_RULED.match(text.strip()) or text.rstrip().endswith((":", "："))):
        return False
    return text.casefold().replace("’", "'").replace("：", ":").strip(_FRAME) in phrases


def _before_rule(lines: Sequence[Line], place: int) -> int:
    """The place of a rule (``____``) directly above, or `place`."""
    above = place - 1
    while above >= 0 and not lines[above].text.strip():
        above -= 1
    is_rule = above >= 0 and len(lines[above].text.strip()) >= len("____") and not lines[above].text.strip(_FRAME)
    return above if is_rule else place


def _next_with_words(lines: Sequence[Line], place: int) -> int:
    while place < len(lines) and not lines[place].text.strip():
        place += 1
    return place


def _has_words(lines: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in lines)


def _says_something(text: str) -> bool:
    """Whether a line says anything, other than from which telephone it was sent."""
    return any(character.isalnum() for character in text) and not text.strip().casefold().startswith(SENT_FROM)

"""What a caller searches for: an id, codes, addresses, domains, phrases and words, read from one text.

There is no query language beyond quotes: other operators are plain words or ignored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from servicekit.storage.search_terms import WORD, fold
from ticketing_mcp.models.words import (
    MAX_WORD_LENGTH,
    decides,
    is_address,
    is_host,
    joined_pairs,
    names_in,
    search_words,
    split_unspaced,
    unspaced_runs,
    words_of,
)

MAX_WORDS: Final = 12
"""Words of a query that are used."""
MAX_PHRASES: Final = 3
"""Quoted phrases of a query that are used."""

_TICKET = re.compile(r"(?P<surely>ticket\s*#?t?-?|#t?-?|t?-)?t?(?P<number>[0-9]{1,9})")
_QUOTED = re.compile('["“”„«»]([^"“”„«»]{1,200})["“”„«»]')


class InvalidQuery(ValueError):
    """The query has only stop words."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        number: set if the text is a ticket id.
        words: case-folded words, codes in one piece (``e4711``), addresses and domains. ``123`` and ``T123`` set number
            and words, since they may be an id or occur in a text.
        phrases: quoted texts as their folded words, which a ticket must have one after the other.
        names: short runs of Han, kana or Hangul, whose words are pairs of their characters.
        loose: words that are a code only if a ticket has it, with the number to look for otherwise: ``e 4711``.
        text: as it was given, for a desk with a search of its own.
    """

    number: int | None = None
    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    loose: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    text: str = field(default="", compare=False)

    @property
    def required(self) -> frozenset[str]:
        """The words that every ticket must have: of phrases, and of names without spaces."""
        return self.quoted.union(*(split_unspaced(name) for name in self.names))

    @property
    def quoted(self) -> frozenset[str]:
        """The words that are inside quotes: they match only as given, and every ticket must have them."""
        return frozenset(word for phrase in self.phrases for word in words_of(" ".join(phrase)))


def parse_query(text: str) -> Query:
    """Read free text as a ticket id, words, or both.

    Raises:
        InvalidQuery: the text has only stop words.
    """
    folded = fold(text).strip()
    if ticket := _TICKET.fullmatch(folded):
        return Query(int(ticket["number"]), () if ticket["surely"] else (folded,), text=text)
    phrases = tuple(phrase for quoted in _QUOTED.findall(text) if (phrase := tuple(WORD.findall(fold(quoted)))))
    phrases = tuple(dict.fromkeys(phrases))[:MAX_PHRASES]
    inside = [word for phrase in phrases for word in words_of(" ".join(phrase))]
    unquoted = _QUOTED.sub(" ", text)
    outside, loose = search_words(unquoted)
    words = tuple(dict.fromkeys([*inside, *outside]))
    if not words:
        raise InvalidQuery(
            "query has only common words. Send words of the ticket, a name, an e-mail or an id such as T-123."
        )
    names = tuple(names_in(unquoted))
    return Query(words=words[:MAX_WORDS], phrases=phrases, loose=loose, names=names, text=text)


def understood(query: Query) -> Iterator[str]:
    """The parts of a query in words, for a notice: only letters, digits and what addresses have."""
    if query.number is not None:
        yield f"ticket T-{query.number}"
    yield from (f'phrase "{" ".join(phrase)}"' for phrase in query.phrases)
    outside = as_typed(query, (word for word in query.words if word not in query.quoted))
    for name, words in (
        ("code", [word for word in outside if decides(word)]),
        ("e-mail", [word for word in outside if is_address(word)]),
        ("domain", [word for word in outside if is_host(word)]),
        ("word", [word for word in outside if not (decides(word) or is_address(word) or is_host(word))]),
    ):
        if words:
            yield f"{name}{'s' if len(words) > 1 else ''} {', '.join(words)}"


def as_typed(query: Query, words: Iterable[str]) -> list[str]:
    """Words of a query for a notice: runs of Han, kana or Hangul in one piece again, as they were typed."""
    typed = {fold(run): run for run in unspaced_runs(query.text)}
    return [typed.get(word, word)[:MAX_WORD_LENGTH] for word in joined_pairs(words)]


def contains(texts: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether one of `texts` has the words of `phrase`, one after the other."""
    wanted = f" {' '.join(phrase)} "
    return any(wanted in f" {' '.join(WORD.findall(fold(text)))} " for text in texts)

"""The words of a person's query in Zendesk's syntax.

Zendesk finds tickets that have all words, each as given or as the beginning of a longer one. It does not know that
``E-4711`` and ``E4711`` are one code, so each spelling is a search of its own.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from ticketing_mcp.models.codes import codes_of
from ticketing_mcp.models.query import Query
from ticketing_mcp.models.words import is_address, is_host, words_of

_QUOTED: Final = re.compile('["“”„«»]([^"“”„«»]{1,200})["“”„«»]')
_CODE: Final = re.compile(r"(?P<letters>[^\W\d_]{1,10})(?P<digits>[0-9]{2,20})")
_MOST_TERMS: Final = 12
_MOST_SEARCHES: Final = 4
_LONGEST_NAME: Final = 4


def spellings_of(query: Query) -> list[tuple[str, ...]]:
    """The terms of one search for each spelling of the codes in a query; at most four searches."""
    phrases = [term(phrase) for phrase in _QUOTED.findall(query.text)]
    choices = [tuple(spellings(word)) for word in _QUOTED.sub(" ", query.text).split() if words_of(word)]
    whole = [(phrase,) for phrase in phrases if phrase] + choices
    found = itertools.islice(itertools.product(*whole[:_MOST_TERMS]), _MOST_SEARCHES)
    return list(dict.fromkeys(tuple(filter(None, terms)) for terms in found))


def requester_of(query: Query) -> tuple[str, ...]:
    """The condition that the words of a query are a person's name; empty for a query that is none."""
    words = query.text.split()
    if not 0 < len(words) <= _LONGEST_NAME or any(letter.isdigit() for letter in query.text):
        return ()
    name = term(" ".join(words))
    return (f"requester:{name}",) if name else ()


def term(word: str) -> str:
    """A word or phrase of a person, which is never an operator: quoted, unless it is only letters and digits."""
    if word.isalnum():
        return word
    plain = "".join(character if character.isprintable() and character not in '"\\' else " " for character in word)
    shown = " ".join(plain.split()).strip("-*")
    return f'"{shown}"' if shown else ""


def spellings(word: str) -> Iterator[str]:
    """A word as it is; a code also in one piece and with a hyphen."""
    bare = word.strip(".,;:!?()[]{}<>'")
    if is_address(bare):
        yield from (term(bare), f"requester:{term(bare)}")
        return
    codes = [] if is_host(bare) else codes_of(bare)
    if len(codes) != 1:
        yield term(bare)
        return
    match = _CODE.fullmatch(codes[0])
    hyphened = [term(f"{match['letters']}-{match['digits']}")] if match is not None else []
    yield from dict.fromkeys([term(bare), term(codes[0]), *hyphened])

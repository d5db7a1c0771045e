"""Macros by what they say: the words of a query, in any form, in a macro's name and text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ticketing_mcp.models.macros import PLACEHOLDER, Macro
from ticketing_mcp.models.search import closest_words, is_correctable, is_one_edit_apart
from ticketing_mcp.models.word_forms import forms_of
from ticketing_mcp.models.words import words_of

_IN_NAME: Final = 3
"""How many times more a word of the name counts than one of the text."""


@dataclass(frozen=True, slots=True)
class FoundMacros:
    """Macros that have words of a query.

    Attributes:
        macros: best match first.
        common: the query has only common words, so all macros are listed.
        unknown: words of the query that no macro has.
    """

    macros: Sequence[Macro]
    common: bool = False
    unknown: Sequence[str] = ()


def find_macros(query: str, macros: Sequence[Macro]) -> FoundMacros:
    """Macros with at least half of the weight of the best match. Words that few macros have weigh more."""
    words = list(dict.fromkeys(words_of(query)))
    if not words:
        return FoundMacros(macros, common=True)
    indexed = [(frozenset(words_of(f"{one.id} {one.name}")), _words_of_text(one)) for one in macros]
    known = {word for names, text in indexed for word in (*names, *text)}
    scores, unknown = [0.0] * len(macros), []
    for word in words:
        forms = _in_macros(word, known)
        points = [_IN_NAME * bool(forms & names) or bool(forms & text) for names, text in indexed]
        having = sum(map(bool, points))
        if not having:
            unknown.append(word)
        scores = [score + point / having if having else score for score, point in zip(scores, points, strict=True)]
    best = max(scores, default=0)
    ranked = sorted(zip(scores, macros, strict=True), key=lambda pair: (-pair[0], pair[1].id))
    return FoundMacros([macro for score, macro in ranked if score and score >= best / 2], unknown=unknown)


def _words_of_text(macro: Macro) -> frozenset[str]:
    return frozenset(words_of(PLACEHOLDER.sub(" ", macro.text)))


def _in_macros(word: str, known: Iterable[str]) -> frozenset[str]:
    """The words of macros that a query word means: its forms, longer words, or the closest if there are none."""
    forms = frozenset(forms_of(word)) | {word}
    found = {one for one in known if one in forms or (len(word) > 2 and one.startswith(word))}
    if not found and is_correctable(word):
        found = {one for one in closest_words(word, known) if is_one_edit_apart(word, one)}
    return frozenset(found)

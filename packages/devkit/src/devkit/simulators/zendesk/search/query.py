"""Reads a search query: words, phrases, and properties with an operator."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_TERM: Final = re.compile(
    r"(?P<minus>-?)(?:(?P<key>[A-Za-z_][A-Za-z0-9_]*)(?P<operator>:|<=|>=|<|>))?"
    r'(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))'
)
_UNSPACED: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_SORTING: Final = ("order_by", "sort")


@dataclass(frozen=True)
class Term:
    """A part of a query. `key` is None for a word or phrase; `operator` is one of ``: < > <= >=``."""

    value: str
    key: str | None = None
    operator: str = ":"
    negated: bool = False
    is_phrase: bool = False


@dataclass(frozen=True)
class Query:
    """A query. `sort_by` and `order` come from `order_by:` and `sort:`, which override the parameters."""

    terms: tuple[Term, ...]
    sort_by: str | None = None
    order: str | None = None

    def kinds(self) -> set[str]:
        """The values of `type:`."""
        return {term.value for term in self.terms if term.key == "type" and not term.negated}


def read(text: str) -> Query:
    """The query of a text. Text that is no term is skipped."""
    terms: list[Term] = []
    sorting: dict[str, str] = {}
    for match in _TERM.finditer(text):
        value = match["phrase"] if match["phrase"] is not None else match["word"]
        key = match["key"].lower() if match["key"] else None
        if key in _SORTING:
            sorting[key] = value.lower()
            continue
        if key is None and not words_of(value):
            continue
        shown = value.lower() if key == "type" else value
        term = Term(shown, key, match["operator"] or ":", bool(match["minus"]), match["phrase"] is not None)
        terms.append(term)
    return Query(tuple(terms), sorting.get("order_by"), sorting.get("sort"))


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case. A character of a script without spaces is a word of its own."""
    return _WORD.findall(text.lower())


def has_words(words: list[str], text: str, *, is_phrase: bool) -> bool:
    """Whether a list of words has those of a text in a row. The last one may be longer, unless in a phrase."""
    wanted = words_of(text.rstrip("*"))
    if not wanted:
        return False
    last, size = wanted[-1], len(wanted)
    for start in range(len(words) - size + 1):
        part = words[start : start + size]
        if part[:-1] == wanted[:-1] and (part[-1] == last if is_phrase else part[-1].startswith(last)):
            return True
    return False


def groups(terms: Iterable[Term]) -> dict[str, list[Term]]:
    """The terms by property; values of one property with ``:`` are alternatives."""
    found: dict[str, list[Term]] = {}
    for term in terms:
        if term.key is not None:
            found.setdefault(term.key, []).append(term)
    return found

"""The part of a text that says what its problem is, and the words of that part."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ticketing_mcp.models.codes import possible_codes
from ticketing_mcp.models.mail.view import view
from ticketing_mcp.models.words import words_of

MAX_COMPARED: Final = 60
"""First words of a text that are looked up."""
_MAX_CODES: Final = 12

_CLOSING: Final = re.compile(
    r"\b(?:(?:best |kind |warm |many )?regards|best wishes|sincerely|"
    r"mit freundlichen grüßen|viele grüße|cordialement|un saludo|saludos|"
    r"atenciosamente|pozdrawiam)\b[^\n]{0,60}\s*\Z",
    re.IGNORECASE,
)
# Courtesies of customers and agents, in the form in which texts are compared. They say nothing about a problem.
_COURTESIES: Final = frozenset((
    "afternoon", "anyone", "best", "cheers", "colleague", "colleagues", "could", "dear", "evening",
    "everyone", "folks", "good", "greetings", "help", "helpdesk", "hey", "issue", "kind", "known",
    "madam", "morning", "problem", "regards", "sir", "sincerely", "someone", "something", "still",
    "support", "team", "ticket", "well", "wishes", "yet", "yours",
    "beste", "danke", "freundlichen", "geehrte", "geehrter", "grusse", "grussen", "guten", "herren", "tag",
    "bonjour", "cordialement", "salutations", "buenas", "buenos", "dias", "saludo", "saludos",
    "bom", "dia", "obrigada", "obrigado", "dzien", "dobry", "pozdrawiam",
))  # fmt: skip
# Grammar of Japanese; Han and katakana carry the meaning.
_HIRAGANA: Final = re.compile("[\u3041-\u309f]+")


@dataclass(frozen=True, slots=True)
class ComparedText:
    """The distinct words of a text that may say what its problem is.

    Attributes:
        words: without quoted mail, closing phrase, courtesies, addresses and stop words.
        codes: what may be a code. Each replaces the words that are its parts, if a ticket has it.
    """

    words: tuple[str, ...]
    codes: tuple[str, ...]

    def with_codes(self, known: Collection[str]) -> tuple[str, ...]:
        """The codes that tickets have, then the words that are no part of them."""
        codes = tuple(code for code in self.codes if code in known)
        return (*codes, *(word for word in self.words if not any(_is_part(word, code) for code in codes)))


def compared_text(text: str) -> ComparedText:
    """Choose at most `MAX_COMPARED` words of a text."""
    own = essence(text)
    words = (word for word in words_of(own) if "@" not in word and word not in _COURTESIES)
    distinct = list(dict.fromkeys(words))
    spoken = [word for word in distinct if not _HIRAGANA.search(word)] or distinct
    return ComparedText(tuple(spoken[:MAX_COMPARED]), tuple(possible_codes(own)[:_MAX_CODES]))


def _is_part(word: str, code: str) -> bool:
    return code.startswith(word) or (word[0].isdecimal() and word in code)


def essence(text: str) -> str:
    """The text without the mail that it quotes and without its closing phrase; the whole text if nothing remains."""
    own = view(text, "text", folded=True).text
    closed = _CLOSING.sub("", own)
    return next((part for part in (closed, own) if part.strip()), text)

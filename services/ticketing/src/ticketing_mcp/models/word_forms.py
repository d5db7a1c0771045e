"""Forms of a word: the same word with other endings, such as deliver, delivered and delivery.

Endings of the languages of `stop_words`. The rule offers too many forms: those that no ticket has cost little.
"""

from typing import Final

_SHORTEST_STEM: Final[dict[str, int]] = {
    **dict.fromkeys(("", "s", "es"), 3),
    # English, German, then Spanish, Portuguese and French.
    **dict.fromkeys(("d", "ed", "ing", "e", "y", "ies", "ied", "er", "ers", "ly"), 4),
    **dict.fromkeys(("n", "en", "t", "te", "et", "em"), 4),
    **dict.fromkeys(("a", "o", "as", "os", "ar", "ado", "ada"), 4),
    **dict.fromkeys(("ion", "ions", "ung", "ungen", "ment", "able", "ando"), 5),
}
"""Endings, with the letters that a word has before them at least."""
_DOUBLING: Final = ("ed", "ing", "er")
"""Endings before which a consonant doubles, as in stopped."""
_VOWELS: Final = "aeiou"


def forms_of(word: str) -> tuple[str, ...]:
    """The word itself, then its possible other forms. Short words, numbers, codes and addresses have none."""
    if not word.isalpha() or not word.islower():
        return (word,)
    stems = [stem for ending in _SHORTEST_STEM if (stem := _without(word, ending))]
    stems += [stem[:-1] for stem in stems if _is_doubled(stem) and word.removeprefix(stem) in _DOUBLING]
    forms = [stem + ending for stem in stems for ending, shortest in _SHORTEST_STEM.items() if len(stem) >= shortest]
    doubled = [
        stem + stem[-1] + ending
        for stem in (word, word.removesuffix("s"))
        for ending in _DOUBLING
        if stem[-1] not in _VOWELS
    ]
    return tuple(dict.fromkeys((word, *forms, *doubled)))


def _without(word: str, ending: str) -> str:
    """The stem before an ending; empty if the word has no such ending or too short a stem."""
    stem = word.removesuffix(ending)
    return stem if word.endswith(ending) and len(stem) >= _SHORTEST_STEM[ending] else ""


def _is_doubled(stem: str) -> bool:
    return len(stem) > 4 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS

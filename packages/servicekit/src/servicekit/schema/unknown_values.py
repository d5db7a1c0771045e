"""Refusals of arguments that name what does not exist, with the nearest existing names.

A tool refuses such an argument, so that an empty result always means: none. It looks the name up only once its filtered
result is empty, so that a call that finds something pays nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from itertools import islice

from servicekit.core.errors import Refused
from servicekit.schema.marks import show_line

MOST_COMPARED = 2000
"""Existing names that are compared with the given one."""
_SHOWN = 5
_COMPARED_EXACTLY = 50
_LONGEST = 80
_READ = 40  # characters of a name that are compared
_ALIKE = 0.55  # least share of common characters; as difflib, which uses 0.6
_ECHOED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/+-]{0,63}")
_PUNCTUATION = frozenset(" .,'’&+#/:@()[]_-")
_SEPARATORS = re.compile(r"[\W_]+")


def unknown_value(
    argument: str,
    kind: str,
    given: str,
    known: Iterable[str] | Mapping[str, str],
    found_by: str,
    *,
    only_similar: bool = False,
) -> Refused:
    """The refusal of an argument that names what does not exist, or what the caller may not see.

    Both cases read the same, so pass only names that this caller may see.

    Args:
        argument: the argument's name, for example ``queue_id`` or ``labels.0``.
        kind: the kind of thing in words, for example ``queue``.
        given: the value from the caller. It is repeated only if it is a plain identifier.
        known: existing names; as a mapping, with other words by which each is known, such as the title of an id. Names
            written by outsiders are shown only if they consist of letters, digits and usual punctuation.
        found_by: the next step, as a sentence, for example ``list_queues lists them.``
        only_similar: leave out names that are not similar, even if there are few.
    """
    named = f"`{given}`" if _ECHOED.fullmatch(given) else "of that name"
    near = nearest(given, known, only_similar=only_similar)
    words = (f"There is no {kind} {named} ({argument}).", f"Nearest: {', '.join(near)}." if near else "", found_by)
    return Refused(" ".join(filter(None, words)))


def nearest(given: str, known: Iterable[str] | Mapping[str, str], *, only_similar: bool = False) -> list[str]:
    """At most five names, the most similar first. Of few names all are given, of many only similar ones."""
    wanted = _folded(given)
    aliases: Mapping[str, str] = known if isinstance(known, Mapping) else {}
    compared = [
        (name, [text for text in (_folded(name), _folded(aliases.get(name, ""))) if text])
        for name in dict.fromkeys(islice(known, MOST_COMPARED))
        if _is_plain(name)
    ]
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    # The quick estimate is an upper bound and linear; the exact one, which is not, is only for the best of it.
    guessed = [
        (max((_estimate(matcher, wanted, text) for text in texts), default=0), name, texts) for name, texts in compared
    ]
    guessed.sort(key=lambda guess: -guess[0])
    scored = [
        (score if score > 1 else max((_ratio(matcher, text) for text in texts), default=0), name)
        for score, name, texts in guessed[:_COMPARED_EXACTLY]
    ]
    scored.sort(key=lambda pair: -pair[0])
    few = len(compared) <= _SHOWN and not only_similar
    return [name for score, name in scored[:_SHOWN] if few or score >= _ALIKE]


def _estimate(matcher: "SequenceMatcher[str]", given: str, text: str) -> float:
    """From 0 to 2; above 1 if one is the beginning of the other, or of one of its words."""
    if given == text:
        return 2.0
    if given and (any(word.startswith(given) for word in (text, *text.split())) or given.startswith(text)):
        return 1 + min(len(given), len(text)) / max(len(given), len(text))
    matcher.set_seq1(text)
    return matcher.quick_ratio()


def _ratio(matcher: "SequenceMatcher[str]", text: str) -> float:
    matcher.set_seq1(text)
    return matcher.ratio()


def _folded(name: str) -> str:
    """Without case, accents and separators."""
    decomposed = unicodedata.normalize("NFKD", name[:_READ].casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _SEPARATORS.sub(" ", plain).strip()


def _is_plain(name: str) -> bool:
    """Whether a name is short, without invisible characters, and neither an address nor markup."""
    if not 0 < len(name) <= _LONGEST or "//" in name or show_line(name) != name:
        return False
    return all(
        letter.isalnum() or letter in _PUNCTUATION or unicodedata.category(letter).startswith("M") for letter in name
    )

"""Names and words that are spelled in another way, and "did you mean" for those that are not certain."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

LONGEST: Final = 64
"""Characters of the longest name or word that is compared."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_SHOWN: Final = 3
_MARKS = re.compile(r"[\s_\-./]+")
_NEGATION: Final = re.compile(r"(?:un(?:re)?|in|im|ir|dis|non|not|no|de)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# British and American spellings that differ in a letter or two.
_VARIANTS: Final = (
    (re.compile(r"ll(?=ed|ing|ation|er|$)"), "l"),
    (re.compile(r"our"), "or"),
    (re.compile(r"is(?=e|ing|ation)"), "iz"),
    (re.compile(r"ogue$"), "og"),
    (re.compile(r"tre$"), "ter"),
)
# Words that mean the same in names of arguments, for suggestions only.
_SYNONYMS: Final = (
    frozenset({"query", "q", "search", "text", "keyword", "keywords", "term", "terms", "words", "filter"}),
    frozenset({"limit", "count", "max", "top", "size", "results", "n", "k", "page", "per", "number"}),
    frozenset({"cursor", "token", "offset", "page", "next", "after"}),
    frozenset({"from", "start", "begin", "since", "after", "first", "earliest"}),
    frozenset({"to", "end", "until", "till", "before", "last", "latest"}),
    frozenset({"day", "date", "time", "at", "on"}),
    frozenset({"body", "text", "content", "message", "comment", "description", "note", "notes"}),
    frozenset({"title", "subject", "summary", "name"}),
    frozenset({"location", "place", "city", "where", "address", "label"}),
    frozenset({"amount", "total", "sum", "price", "value"}),
    frozenset({"quantity", "qty", "pieces", "change", "delta"}),
    frozenset({"customer", "user", "client", "requester", "email"}),
    frozenset({"repo", "repository", "project"}),
    frozenset({"owner", "org", "organization", "organisation", "user"}),
    frozenset({"ref", "branch", "sha", "commit", "tag", "revision"}),
    frozenset({"number", "id", "key", "issue", "pull", "pr"}),
    frozenset({"status", "state"}),
    frozenset({"kind", "type", "category"}),
    frozenset({"path", "file", "filename", "directory"}),
    frozenset({"sku", "product", "item", "code"}),
    frozenset({"location", "warehouse"}),
    frozenset({"assignee", "agent", "user"}),
    frozenset({"queue", "team", "group"}),
)


def shown_name(part: object) -> str:
    """A name in a text for the caller. The caller may have chosen it, so only plain names are shown."""
    text = str(part)
    return text if _PLAIN_NAME.fullmatch(text) else "(unprintable name)"


def same_name(name: str) -> str:
    """A form that is equal for ``orderId``, ``order-id`` and ``order_id``."""
    return _MARKS.sub("", name).casefold()


def same_word(word: str) -> str:
    """A form that is equal for other case, hyphens, spaces, and British and American spelling."""
    form = same_name(word.strip())
    for variant, letters in _VARIANTS:
        form = variant.sub(letters, form)
    return form


def spelled(words: Iterable[str]) -> Mapping[str, str]:
    """The word of each form, where exactly one word has it."""
    found: dict[str, str | None] = {}
    for word in words:
        form = same_word(word)
        found[form] = None if form in found else word
    return {form: word for form, word in found.items() if word is not None}


def closest_words(sent: str, words: Iterable[str]) -> list[str]:
    """The words most like what was sent, nearest first. Never its opposite, as `paid` is of ``unpaid``."""
    if not 0 < len(sent) <= LONGEST:
        return []
    form = same_word(sent)
    forms = {known: word for word in words if not _are_opposite(form, known := same_word(word))}
    begun = [word for known, word in forms.items() if form and known.startswith(form)]
    close = [forms[known] for known in get_close_matches(form, forms, n=_SHOWN, cutoff=0.65)]
    return list(dict.fromkeys([*begun, *close]))[:_SHOWN]


def _are_opposite(one: str, other: str) -> bool:
    """Whether one word is the other after a negation."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer.endswith(shorter) and _NEGATION.fullmatch(longer.removesuffix(shorter)) is not None


def closest_names(sent: str, names: Iterable[str]) -> list[str]:
    """The arguments that an unknown name may mean, likeliest first."""
    if not 0 < len(sent) <= LONGEST:
        return []
    known = list(names)
    forms = {same_name(name): name for name in known}
    close = [forms[form] for form in get_close_matches(same_name(sent), forms, n=1, cutoff=0.75)]
    if close:
        return close
    parts = _parts(sent)
    scores = {name: _likeness(parts, _parts(name)) for name in known}
    best = max(scores.values(), default=0.0)
    return [name for name in known if scores[name] == best][:_SHOWN] if best else []


def did_you_mean(suggestions: Iterable[str]) -> str:
    """The question, or nothing where there is no suggestion."""
    words = [f"`{word}`" for word in suggestions]
    return f" Did you mean {' or '.join(words)}?" if words else ""


def _parts(name: str) -> frozenset[str]:
    return frozenset(filter(None, _MARKS.split(_CAMEL.sub("_", name).lower())))


def _likeness(sent: frozenset[str], known: frozenset[str]) -> float:
    """How much two names mean the same, by their words: equal ones count more than synonyms."""
    shared = len(sent & known)
    left, right = sent - known, known - sent
    alike = sum(1 for word in left if any(word in group and group & right for group in _SYNONYMS))
    return (shared + alike * 0.75) / (len(sent | known) or 1)

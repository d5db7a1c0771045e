"""Names in generated code: of tools, arguments, fields and models. All are made of ASCII letters and digits."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from servicekit.schema import Record

_CAMEL: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_LONGEST: Final = 200
_MOST_WORDS: Final = 4
_LONGEST_WORD: Final = 20
_LONGEST_NOUNS: Final = 40
"""Letters: names of tools have at most 64 characters in some models' interfaces, and a server's name may be added."""
_VERBS: Final = {
    "list": ("list", "all", "index", "browse", "enumerate"),
    "get": ("get", "read", "show", "fetch", "retrieve", "describe", "view", "load", "return", "download", "check"),
    "search": ("search", "find", "query", "lookup", "filter"),
}
_VERB_OF: Final = {word: verb for verb, words in _VERBS.items() for word in words}
_FILLERS: Final = frozenset(
    {"a", "an", "by", "the", "of", "for", "in", "from", "using", "with", "id", "all", "v", "api"}
)
_ENDS: Final = frozenset({"by", "for", "using", "with"})
"""Words that end the nouns in an operation's id."""
_VERSION: Final = re.compile(r"v\d+(?:[._]\d+)*|api|rest|latest|public")
_TYPES_OF_MODELS: Final = frozenset({"bool", "float", "int", "list", "str"})
_NAMES_OF_TOOLS: Final = frozenset(
    {"self", "limit", "cursor", "fields", "idempotency_key", "path", "query", "api", "listing", "model"}
)
RESERVED_CLASSES: Final = frozenset(
    [
        "Annotated",
        "Any",
        "Api",
        "AwareDatetime",
        "Clamped",
        "Columns",
        "CursorKey",
        "Exact",
        "FIRST",
        "Field",
        "Identifier",
        "Json",
        "Limit",
        "Listing",
        "Literal",
        "Name",
        "Page",
        "Query",
        "Record",
        "Searched",
        "StartOfDay",
        "Text",
    ]
)
"""Names that generated modules import."""


def words_of(text: str) -> list[str]:
    """The words of a name in any of the usual spellings, in lower case, without accents: ``getPetByID`` has four."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST])
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word.lower() for part in re.findall(r"[A-Za-z0-9]+", plain) for word in _CAMEL.findall(part)]


def letters_of(words: Iterable[str]) -> list[str]:
    """The words that have letters, without their digits. Of a long word, the beginning."""
    return [kept for word in words if (kept := re.sub(r"[^a-z]", "", word)[:_LONGEST_WORD])]


def singular(word: str) -> str:
    """The singular of a regular English plural."""
    for plural, ending in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if word.endswith(plural) and len(word) > len(plural) + 1:
            return word[: -len(plural)] + ending
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "news")):
        return word[:-1]
    return word


def fixed_parts(path: str) -> list[str]:
    """The fixed segments of a path template, without those of a version."""
    return [part for part in path.split("/") if part and "{" not in part and not _VERSION.fullmatch(part.lower())]


def nouns_of(path: str) -> list[str]:
    """The words of the last fixed segment of a path, and of the one before where a record of it is named."""
    names = _named_parts(path)
    if not names:
        return ["overview"]
    last = names[-1]
    if len(names) > 1 and "{" in path.partition(fixed_parts(path)[-1])[0]:
        return [*(singular(word) for word in names[-2][-2:]), *last][-_MOST_WORDS:]
    return last[-_MOST_WORDS:]


def tool_words(operation_id: str, path: str, *, is_list: bool, searches: bool) -> tuple[str, list[str], list[str]]:
    """The verb and the nouns of a tool, and the words after "by" in the operation's id.

    Args:
        operation_id: empty if the operation has none.
        is_list: it answers with a list.
        searches: it has an argument with words to look for.
    """
    words = letters_of(words_of(operation_id))
    chosen = next((word for word in words if word in _VERB_OF), None)
    verb = "search" if searches and is_list else "list" if is_list else "get"
    if chosen is not None and _VERB_OF[chosen] == "search" and is_list:
        verb = "search"
    nouns, manner = _said(words[words.index(chosen) + 1 :] if chosen is not None else [])
    nouns = _with_path(nouns, path) if nouns else nouns_of(path)
    if len(nouns) > _MOST_WORDS:
        nouns = nouns_of(path)
    if not is_list and "{" in path.rpartition("/")[2]:
        nouns = [*nouns[:-1], singular(nouns[-1])]
    while len("".join(nouns)) > _LONGEST_NOUNS:
        nouns = nouns[1:]
    return verb, nouns, manner


def _said(words: list[str]) -> tuple[list[str], list[str]]:
    """The nouns after the verb, and the words after "by"."""
    at = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
    manner = words[at + 1 :][:3] if words[at : at + 1] == ["by"] else []
    nouns = [word for word in words[:at] if word not in _FILLERS and word not in _VERB_OF]
    return [word for place, word in enumerate(nouns) if singular(word) not in map(singular, nouns[place + 1 :])], manner


def _with_path(nouns: list[str], path: str) -> list[str]:
    """Nouns with the word of the path that they lack: ``authenticated`` of ``/app`` is ``authenticated_app``."""
    parts = _named_parts(path)
    said = {singular(word) for word in nouns}
    if parts and said.isdisjoint(map(singular, parts[-1])):
        return [*nouns, *parts[-1][-1:]]
    if len(parts) > 1 and "{" not in path and said <= {singular(word) for word in parts[-1]}:
        return [*nouns, *parts[-2][-1:]]
    return nouns


def _named_parts(path: str) -> list[list[str]]:
    """The words of each fixed segment of a path that has some."""
    return [words for part in fixed_parts(path) if (words := letters_of(words_of(part)))]


def unique(names: Sequence[str], is_taken: Callable[[str], bool]) -> str:
    """The first of some names that is free, or the last one with letters at its end."""
    for name in names:
        if not is_taken(name):
            return name
    return next(free for number in range(26 * 26) if not is_taken(free := f"{names[-1]}_{_letters(number)}"))


def argument_name(wire: str, noun: str, taken: Iterable[str]) -> str:
    """The name of the parameter of a method for a parameter of the API."""
    name = "search_text" if wire == "q" else _snake(words_of(wire))
    is_reserved = name in dir(builtins) or name in _NAMES_OF_TOOLS or keyword.iskeyword(name)
    if len(name) < 2 or name[0].isdigit() or is_reserved:
        name = f"{noun}_{name}" if name else f"{noun}_value"
    return _numbered(name, set(taken))


def field_name(wire: str, taken: Iterable[str]) -> str:
    """The name of the field of a model for a property of the API's JSON."""
    name = _snake(words_of(wire))
    if not name or name[0].isdigit():
        name = f"value_{name}".rstrip("_")
    is_reserved = keyword.iskeyword(name) or name in _TYPES_OF_MODELS or hasattr(Record, name)
    return _numbered(f"{name}_value" if is_reserved else name, set(taken))


def class_name(words: Sequence[str], taken: Iterable[str]) -> str:
    """The name of a class."""
    name = "".join(word.capitalize() for word in words[:6])[:60]
    if not name or name[0].isdigit():
        name = f"Record{name}"
    if name in RESERVED_CLASSES or name in dir(builtins):
        name = f"{name}Record"
    used = set(taken)
    return name if name not in used else next(n for number in range(2, 10_000) if (n := f"{name}{number}") not in used)


def module_name(words: Sequence[str], taken: Iterable[str]) -> str:
    """The name of a module."""
    name = "_".join(words) or "records"
    if keyword.iskeyword(name) or name in ("values", "pages"):
        name = f"{name}_records"
    return _numbered(name, set(taken))


def _snake(words: Sequence[str]) -> str:
    return "_".join(words)[:60].strip("_")


def _numbered(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(n for at in range(2, 10_000) if (n := f"{name}_{at}") not in taken)


def _letters(number: int) -> str:
    first, last = divmod(number, 26)
    return f"{chr(97 + first)}{chr(97 + last)}"

"""Texts that make a regular expression try again and again, made from the expression itself."""

import re
from collections.abc import Iterator
from typing import Any

_CANDIDATES = [*map(chr, range(0x21, 0x7F)), " ", "\n", "\t", "\x01", "é", "中", "⟦", "\u200b", "\ufeff", "\U0001f600"]


def hostile_texts(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """What each repetition of a pattern takes, often, after what stands before it; with and without an end that no
    match can have."""
    seen = set()
    for before, repeated in _repetitions(list(re._parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)), ""):  # type: ignore[attr-defined]
        for unit in {repeated, before + repeated, before}:
            for start in ("", before):
                if unit and (start, unit) not in seen:
                    seen.add((start, unit))
                    text = start + unit * (length // len(unit))
                    yield text
                    yield text + "\x00"
    yield from (character * length for character in _CANDIDATES)


def _repetitions(tree: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """Each repetition in a parsed pattern: an example of what precedes it, and of what it repeats."""
    for operation, argument in tree:
        name = str(operation)
        if name.endswith("REPEAT"):
            inner = list(argument[2])
            for example in _examples(inner):
                yield before, example
            yield from _repetitions(inner, before)
        elif name == "SUBPATTERN":
            yield from _repetitions(list(argument[3]), before)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repetitions(list(argument[1]), before)
        elif name == "ATOMIC_GROUP":
            yield from _repetitions(list(argument), before)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repetitions(list(branch), before)
        before += next(_examples([(operation, argument)]), "")


def _examples(tree: list[Any]) -> Iterator[str]:
    """Texts that a parsed pattern matches: several for one character, else one."""
    if len(tree) == 1 and str(tree[0][0]) in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
        yield from (one for one in _CANDIDATES if _takes(tree[0], one))
        return
    text = ""
    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL":
            text += chr(argument)
        elif name in ("IN", "ANY", "NOT_LITERAL"):
            text += next((one for one in _CANDIDATES if _takes((operation, argument), one)), "")
        elif name.endswith("REPEAT"):
            text += next(_examples(list(argument[2])), "") * max(argument[0], 1)
        elif name == "SUBPATTERN":
            text += next(_examples(list(argument[3])), "")
        elif name == "ATOMIC_GROUP":
            text += next(_examples(list(argument)), "")
        elif name == "BRANCH":
            text += next(_examples(list(argument[1][0])), "")
    yield text


def _takes(node: Any, character: str) -> bool:
    operation, argument = node
    name, code = str(operation), ord(character)
    if name == "ANY":
        return True
    if name == "NOT_LITERAL":
        return bool(code != argument)
    negated = str(argument[0][0]) == "NEGATE"
    return negated != any(_is_in(item, code) for item in argument[negated:])


def _is_in(item: Any, code: int) -> bool:
    name, argument = str(item[0]), item[1]
    if name == "LITERAL":
        return bool(code == argument)
    if name == "RANGE":
        return bool(argument[0] <= code <= argument[1])
    category = str(argument).removeprefix("CATEGORY_").replace("UNI_", "")
    letter = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w", "NOT_DIGIT": r"\D", "NOT_SPACE": r"\S", "NOT_WORD": r"\W"}
    return re.match(letter[category], chr(code)) is not None

"""Splits HTML of any quality into texts and tags, in time linear in its length.

Parsers that build a tree take quadratic time for deep nesting (lexbor) or for many attributes (libxml2): one mail of a
megabyte would stop the server for minutes. A text needs no tree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
_ATTRIBUTE = re.compile(
    r"[\s/]++|(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*+)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"?|'(?P<single>[^']*+)'?|(?P<bare>[^\s>\"'][^\s>]*+))?)?"
)
_KEPT: Final = frozenset(
    {"align", "alt", "bgcolor", "class", "color", "dir", "height", "hidden", "href", "id", "src", "start", "style"}
    | {"type", "width", "data-marker"}
)
_LONGEST_VALUE: Final = 4000
"""Characters of an attribute that are read: an image within the mail may be of any size."""
_LONGEST_NAME: Final = 32
_RAW: Final = frozenset({"script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp"})
"""Elements whose content is text up to their end tag."""
_ENDS: Final = {name: re.compile(f"</{name}(?![A-Za-z0-9])", re.IGNORECASE) for name in _RAW}
_TOO_LONG = re.compile(r"&#[xX]?[0-9A-Fa-f]{9,}+;?")
"""References to no character, whose conversion to a number would take long."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters between tags; `raw` is the element whose content it is, if that is no HTML."""

    content: str
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag. Of its attributes, those that decide about the text are kept."""

    name: str
    is_end: bool
    attributes: Mapping[str, str]


def tokens(source: str) -> Iterator[Text | Tag]:
    """The texts and tags of `source` in order. Comments and declarations are left out."""
    at = 0
    while (opening := source.find("<", at)) >= 0:
        if opening > at:
            yield Text(_decoded(source[at:opening]))
        at = opening + 1
        mark = source[at : at + 1]
        if mark == "!" or mark == "?":
            at = _after_declaration(source, at)
            continue
        is_end = mark == "/"
        name = _NAME.match(source, at + is_end)
        if name is None:
            yield Text("<")
            continue
        attributes, at = _attributes(source, name.end())
        tag = Tag(name[0][:_LONGEST_NAME].lower(), is_end, attributes)
        yield tag
        if not is_end and tag.name in _RAW:
            end = _ENDS[tag.name].search(source, at)
            stop = end.start() if end else len(source)
            yield Text(source[at:stop] if tag.name == "style" else _decoded(source[at:stop]), tag.name)
            at = stop
    if at < len(source):
        yield Text(_decoded(source[at:]))


def _after_declaration(source: str, at: int) -> int:
    """The end of a comment, ``<!DOCTYPE …>`` or ``<![if …]>``; an unfinished one takes the rest, as in browsers."""
    closing = "-->" if source.startswith("!--", at) else ">"
    end = source.find(closing, at + 3 if closing == "-->" else at)
    return len(source) if end < 0 else end + len(closing)


def _attributes(source: str, at: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(source, at):
        at = match.end()
        if match["end"]:
            return found, at
        if not match["name"]:
            continue
        name = match["name"].lower() if len(match["name"]) <= _LONGEST_NAME else ""
        if name in _KEPT and name not in found:
            start, end = next((match.span(one) for one in ("double", "single", "bare") if match[one]), (at, at))
            found[name] = _decoded(source[start : min(end, start + _LONGEST_VALUE)])
    return found, len(source)


def _decoded(text: str) -> str:
    return unescape(_TOO_LONG.sub("\ufffd", text)) if "&" in text else text

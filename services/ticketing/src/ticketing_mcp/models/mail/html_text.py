"""An HTML mail as lines of text: blocks, lists, cells of tables, links with their targets, quotes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ticketing_mcp.models.mail.html_tokens import Tag, Text, tokens
from ticketing_mcp.models.mail.lines import DEEPEST, Line
from ticketing_mcp.models.mail.visibility import declarations, has_background, hidden_selectors, is_hidden, is_white

_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "wbr"})
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "html", "li", "main"}
    | {"nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
"""Blocks with an empty line around them."""
_CELLS: Final = frozenset({"td", "th"})
_INVISIBLE: Final = frozenset({"head", "script", "style", "title", "template", "datalist", "noembed", "noframes"})
_CONTAINERS: Final = frozenset({"table", "ul", "ol", "dl", "blockquote", "div"})
_CLOSED_BY: Final[Mapping[str, frozenset[str]]] = {
    "p": frozenset({"p"}),
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "option": frozenset({"option"}),
}
"""Elements without an end tag, ended by the next of their kind."""
_HISTORY: Final = frozenset(
    {"yahoo_quoted", "protonmail_quote", "tutanota_quote", "moz-cite-prefix", "zmail_extra", "zimbraquote", "hs_reply"}
    | {"appendonsend", "divrplyfwdmsg", "olk_src_body_section", "ms-outlook-mobile-reference-message"}
    | {"mail-editor-reference-message-container", "front-blockquote"}
)
"""Classes and ids with which mail programs mark the history that they quote. Not Gmail's, which may hold answers."""
_UNTIL_THE_END: Final = frozenset({"appendonsend", "divrplyfwdmsg", "olk_src_body_section"})
"""Those of them after which everything is history (Outlook)."""
_OPEN: Final = 500
"""Open elements that are kept, as in browsers."""
_LOOKED_AT: Final = 64
"""Open elements that an end tag may end."""
_LONGEST_TARGET: Final = 200
_LABEL: Final = 8
"""Pieces of a line that are searched for the address of a link."""
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SCHEME = re.compile(r"(?:https?|ftp|tel|mailto):", re.IGNORECASE)


@dataclass(slots=True)
class _Element:
    """An open element, with what it passes on to the elements in it."""

    name: str
    hidden: bool = False
    white: bool = False
    background: bool = False
    depth: int = 0
    history: bool = False
    preformatted: bool = False
    target: str = ""
    begun_at: int = 0
    item: int = -1
    """Number of the next item of an ordered list; -1 for other elements."""


@dataclass(frozen=True, slots=True)
class MailText:
    """The lines of an HTML mail, and how many characters of it a reader would not see."""

    lines: list[Line]
    hidden: int


def mail_text(source: str) -> MailText:
    """The text of an HTML mail. No link is followed and nothing is loaded."""
    writer = _Writer()
    for token in tokens(source):
        writer.take(token)
    return writer.finished()


class _Writer:
    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._pieces: list[str] = []
        self._open: list[_Element] = [_Element("")]
        self._space = self._blank = self._cell = False
        self._all_history = False
        self._hidden = 0
        self._written = 0
        self._hiding: set[str] = set()

    def take(self, token: Text | Tag) -> None:
        """Write one token."""
        if isinstance(token, Text):
            if token.raw == "style":
                self._hiding.update(hidden_selectors(token.content))
            elif token.raw in (None, "textarea", "xmp"):
                self._text(token.content)
        elif token.is_end:
            self._end(token.name)
        else:
            self._start(token)

    def finished(self) -> MailText:
        """The lines, without empty ones at the ends."""
        while len(self._open) > 1:
            self._close()
        self._break()
        return MailText(self._lines, self._hidden)

    def _text(self, content: str) -> None:
        element = self._open[-1]
        if element.hidden or (element.white and not element.background):
            self._hidden += len("".join(content.split()))
            return
        if element.preformatted:
            first, *others = content.replace("\r\n", "\n").split("\n")
            self._write(first)
            for line in others:
                self._break(keep=True)
                self._write(line)
            return
        words = _SPACE.sub(" ", content)
        if words.startswith(" "):
            self._space = True
        if inner := words.strip(" "):
            self._write(inner.replace("\xa0", " "))
            self._space = words.endswith(" ")

    def _write(self, words: str) -> None:
        if not words:
            return
        if self._blank and self._lines:
            depth = min(self._lines[-1].depth, self._open[-1].depth)
            self._lines.append(Line("", depth, self._is_history()))
        self._blank = False
        if self._pieces and self._cell:
            self._pieces.append(" | ")
        elif self._pieces and self._space:
            self._pieces.append(" ")
        self._cell = self._space = False
        self._pieces.append(words)
        self._written += len(words)

    def _break(self, *, keep: bool = False) -> None:
        """End the line; an empty one is kept on request."""
        line = "".join(self._pieces)
        if not self._open[-1].preformatted:
            line = line.strip(" ")
        if line or keep:
            self._lines.append(Line(line, self._open[-1].depth, self._is_history()))
        self._pieces.clear()
        self._space = self._cell = False

    def _is_history(self) -> bool:
        return self._all_history or self._open[-1].history

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if name == "br":
            self._break(keep=not self._open[-1].hidden)
        elif name == "img":
            self._image(tag.attributes)
        elif name == "hr":
            self._break()
            self._blank = True
        if name in _VOID:
            return
        if name in _BLOCKS or name in _CELLS:
            self._end_implied(name)
            self._begin_block(name)
        if len(self._open) < _OPEN:
            self._open.append(self._opened(tag))
        if name == "li":
            self._write(self._bullet())
            self._space = True

    def _begin_block(self, name: str) -> None:
        if name in _CELLS:
            self._cell = bool(self._pieces)
            return
        self._break()
        self._blank = self._blank or name in _SPACED

    def _end_implied(self, name: str) -> None:
        """End what the start of a block ends: a paragraph, or the element before it of the same list or row."""
        closed = _CLOSED_BY.get(name, _CLOSED_BY["p"])
        for back, element in enumerate(reversed(self._open[-_LOOKED_AT:]), start=1):
            if element.name in closed and back < len(self._open):
                self._close_last(back)
                if element.name == "p" and name != "p":
                    self._end_implied(name)
                return
            if element.name in _BLOCKS or element.name in _CELLS:
                return

    def _opened(self, tag: Tag) -> _Element:
        outer, attributes = self._open[-1], tag.attributes
        style = declarations(attributes["style"]) if "style" in attributes else {}
        marks = {*attributes.get("class", "").split()[:20], attributes.get("id", "")}
        hidden = outer.hidden or tag.name in _INVISIBLE or is_hidden(style, attributes)
        if self._hiding and not hidden:
            classes = {f".{one.lower()}" for one in attributes.get("class", "").split()[:20]}
            hidden = not self._hiding.isdisjoint({*classes, f"#{attributes.get('id', '').lower()}"})
        white, background = is_white(style, attributes), has_background(style, attributes)
        known = {one.lower().removeprefix("x_") for one in marks} & _HISTORY
        known |= {"zimbraquote"} if attributes.get("data-marker") == "__QUOTED_TEXT__" else set()
        self._all_history = self._all_history or not known.isdisjoint(_UNTIL_THE_END)
        return _Element(
            tag.name,
            hidden,
            outer.white if white is None else white,
            outer.background if background is None else background,
            min(outer.depth + (tag.name == "blockquote"), DEEPEST),
            outer.history or bool(known),
            outer.preformatted or tag.name == "pre" or style.get("white-space", "").startswith("pre"),
            attributes.get("href", "").strip() if tag.name == "a" else "",
            self._written,
            int(attributes["start"]) if attributes.get("start", "").isdecimal() and len(attributes["start"]) < 7 else 1,
        )

    def _end(self, name: str) -> None:
        if name == "p" and not any(element.name == "p" for element in self._open[-_LOOKED_AT:]):
            self._break()
            self._blank = True
        is_block = name in _BLOCKS or name in _CELLS
        for back, element in enumerate(reversed(self._open[-_LOOKED_AT:]), start=1):
            if back == len(self._open):
                return
            if element.name == name:
                self._close_last(back)
                return
            if element.name == "table" and name != "table":
                return
            if not is_block and (element.name in _BLOCKS or element.name in _CELLS):
                return

    def _close_last(self, count: int) -> None:
        for _ in range(count):
            self._close()

    def _close(self) -> None:
        element = self._open[-1]
        if element.name == "a":
            self._target(element)
        if element.name in _BLOCKS:
            self._break()
            self._blank = self._blank or element.name in _SPACED
        self._open.pop()

    def _target(self, link: _Element) -> None:
        """Write where a link leads, unless its text says it."""
        target = link.target
        if link.hidden or not _SCHEME.match(target) or self._written == link.begun_at:
            return
        label = "".join(self._pieces[-_LABEL:])
        plain = target.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
        if plain and plain in label:
            return
        cut = target if len(target) <= _LONGEST_TARGET else target[: _LONGEST_TARGET - 1] + "…"
        self._space = True
        self._write(f"({''.join(cut.split())})")

    def _image(self, attributes: Mapping[str, str]) -> None:
        style = declarations(attributes.get("style", ""))
        tiny = any(attributes.get(size, "").strip() in ("0", "1") for size in ("width", "height"))
        if tiny or self._open[-1].hidden or is_hidden(style, attributes):
            return  # a tracking pixel
        words = " ".join(attributes.get("alt", "").split())[:_LONGEST_TARGET]
        self._space = self._space or bool(self._pieces)
        self._write(f"[image: {words}]" if words else "[image]")
        self._space = True

    def _bullet(self) -> str:
        for element in reversed(self._open[-_LOOKED_AT:-1]):
            if element.name == "ol":
                element.item += 1
                return f"{element.item - 1}."
            if element.name in _CONTAINERS:
                break
        return "-"

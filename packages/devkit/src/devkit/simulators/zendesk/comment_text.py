"""The three forms of a comment's text: as written, as HTML, and as plain text."""

import html
from dataclasses import dataclass
from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "pre", "ul", "ol", "table"})
_SILENT = frozenset({"script", "style", "head", "title"})


@dataclass(frozen=True)
class CommentText:
    """A comment's text in the forms of the API."""

    body: str
    html_body: str
    plain_body: str


def from_plain(text: str) -> CommentText:
    """For a comment that was sent as `body`."""
    paragraphs = [part.strip("\n") for part in text.split("\n\n") if part.strip()]
    inner = "".join(f'<p dir="auto">{html.escape(part).replace(chr(10), "<br>")}</p>' for part in paragraphs)
    return CommentText(text, f'<div class="zd-comment" dir="auto">{inner}</div>', text)


def from_html(markup: str) -> CommentText:
    """For a comment that was sent as `html_body`."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    text = "\n".join(line for index, line in enumerate(lines) if line or (index and lines[index - 1])).strip()
    return CommentText(text, f'<div class="zd-comment" dir="auto">{markup}</div>', text)


class _Reader(HTMLParser):
    """Collects the text of a document, with line breaks around blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

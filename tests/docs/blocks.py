"""The fenced code blocks of the pages.

A block of commands or Python is run by a test. A comment on the line before it, which readers of the page do not see,
says otherwise: `<!-- not run: REASON -->`, or `<!-- part of: FILE -->` where the block is quoted from a file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devkit.settings import WORKSPACE

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/*.md", "services/*/README.md", "helm/*/README.md", "examples/**/*.md")
    for page in WORKSPACE.glob(pattern)
)
_FENCE = re.compile(
    r"(?:^[ ]*<!-- (?P<kind>not run|part of): (?P<value>[^\n]+?) -->\n(?:<!-- [\w-]+ -->\n)?)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block: `name` is its page and line. One of `not_run` and `part_of` may be set."""

    name: str
    language: str
    text: str
    not_run: str | None
    part_of: str | None

    @property
    def is_settings(self) -> bool:
        """Whether the block only sets variables of a server, with a prefix of its own."""
        lines = [line for line in self.text.splitlines() if line]
        return self.language == "sh" and all(re.match(r"[A-Z]+_[A-Z_]+=(?!.* make )", line) for line in lines)

    @property
    def is_run(self) -> bool:
        """Whether a test runs it in a shell."""
        return self.language == "sh" and not (self.not_run or self.part_of or self.is_settings)


def blocks() -> Iterator[Block]:
    """Every block of every page."""
    for page in PAGES:
        yield from blocks_of(page.relative_to(WORKSPACE).as_posix(), page.read_text(encoding="utf-8"))


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Every block of a page."""
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        content = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        marks = {found["kind"]: found["value"]}
        yield Block(f"{page}:{line}", found["language"], content, marks.get("not run"), marks.get("part of"))


def commands(block: Block) -> Iterator[str]:
    """The commands of a block of shell, one line each, without comments."""
    joined = re.sub(r"\\\n\s*", " ", block.text)
    for line in joined.splitlines():
        yield from _parts(line)


def _parts(line: str) -> list[str]:
    """The commands of a line, without its comment. One within quotes is not looked into."""
    line = re.sub(r"(^|\s)#.*$", "", line)
    return [line] if "$(" in line else re.split(r"\s(?:&&|\|)\s", line)


def command_spans(page: Path) -> Iterator[str]:
    """The code spans of a page's prose that begin with a command of this project."""
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for span in re.findall(r"`([^`]+)`", prose):
        text = " ".join(span.split())
        if re.match(r"(?:[A-Z_]+=\S+ )*(?:make|devkit|\w+-mcp|<name>-mcp|audit (?!anchor)|check) ?", text):
            yield from _parts(re.sub(r"[][]", "", text))

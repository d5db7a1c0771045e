"""Every pass over text from outside takes time linear in the text, whatever the text."""

import importlib
import math
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from types import ModuleType
from typing import Annotated, Any, Final

import pytest
from pydantic_core import to_json

import github_mcp
import orders_mcp
import servicekit
import ticketing_mcp
import weather_mcp
from github_mcp.models.actions.actions import Job, Log, Step
from github_mcp.models.actions.logs import tail_of
from github_mcp.models.effect_marks import without_mark
from github_mcp.models.files.contents import Place, large_lines, lines
from github_mcp.models.files.file_ranges import LinesOf
from github_mcp.models.identifiers import RepositoryName
from orders_mcp.models.search import InvalidQuery, parse_query
from servicekit.core import NotStrictJson, Refused
from servicekit.core.strict_json import parse
from servicekit.mcp.encoding import dump_in_pieces
from servicekit.schema import TextEdit, Untrusted, apply_edits, with_endings_of
from servicekit.schema.marks import restore, show, show_line, show_verbatim
from servicekit.schema.results import OutputSchema
from servicekit.telemetry.redaction import redact
from ticketing_mcp.models.mail.view import view
from ticketing_mcp.models.mentions import mentions_in
from ticketing_mcp.models.words import ticket_terms

from .hostile_texts import hostile_texts

_LENGTH: Final = 512
_LENGTH_OF_PASSES: Final = 2**12
_QUICK: Final = 0.01
"""Seconds. A quadratic pattern takes ten times as long for the longer text."""
_FACTOR: Final = 4
_MOST: Final = 10
"""Times as long for four times the text: 4 where it is linear, 16 where it is quadratic."""
_COMPARISONS: Final = 3


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not {"sample_data", "migrations", "__main__"} & set(info.name.split(".")):
            yield importlib.import_module(info.name)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every compiled pattern of the kit and the services, by where it is."""
    found: dict[str, re.Pattern[Any]] = {}
    for package in (servicekit, github_mcp, orders_mcp, ticketing_mcp, weather_mcp):
        for module in modules(package):
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and value not in found.values():
                    found[f"{module.__name__}.{name}"] = value
    return found


PATTERNS = patterns()


def seconds(work: Callable[[], object]) -> float:
    """Of processor time; the least of three runs."""
    times = []
    for _ in range(3):
        started = time.thread_time()
        work()
        times.append(time.thread_time() - started)
    return min(times)


def search_all(pattern: re.Pattern[Any], text: str) -> None:
    given: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    for _ in pattern.finditer(given):
        pass
    pattern.fullmatch(given)


def assert_linear(work: Callable[[str], object], text: str, long_text: str) -> None:
    """The long text is `_FACTOR` times the other. A busy machine disturbs one comparison, not each of several."""
    started = time.thread_time()
    work(long_text)
    if time.thread_time() - started < _QUICK:
        return
    ratios = []
    while len(ratios) < _COMPARISONS and min(ratios, default=math.inf) >= _MOST:
        once, more = (seconds(lambda given=given: work(given)) for given in (text, long_text))
        ratios.append(more / once)
    assert min(ratios) < _MOST, f"{text[:40]!r}… takes {min(ratios):.0f} times as long at {_FACTOR} times the length"


@pytest.mark.parametrize("where", PATTERNS)
def test_pattern_is_searched_in_linear_time(where: str) -> None:
    pattern = PATTERNS[where]
    lengths = (hostile_texts(pattern, length) for length in (_LENGTH, _LENGTH * _FACTOR))
    for text, long_text in zip(*lengths, strict=True):
        assert_linear(lambda given: search_all(pattern, given), text, long_text)


def edit(text: str) -> None:
    """Edits that fit and edits that do not."""
    old = text[len(text) // 2 :][: 60_000 // 2]
    for edits in ([TextEdit(old=old + "no", new="x")], [TextEdit(old=old, new="x\ny", all=True)]):
        with suppress(Refused):
            apply_edits(text, edits, "the text")


def parse_json(text: str) -> None:
    for body in (text.encode(), to_json(text), to_json({"items": [text[:40]] * (len(text) // 40)})):
        with suppress(NotStrictJson):
            parse(body)


def read_log(text: str) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    step = Step(name="Test", conclusion="failure", started_at=day, completed_at=day)
    tail_of(RepositoryName("acme", "website"), Job(id=1, name="build", steps=(step,)), Log(text), 1000)


def read_file(text: str) -> None:
    content = text.encode()
    place = Place(RepositoryName("acme", "website"), "a", "main", len(content))
    for line in (1, 1 + text.count("\n") // 2):
        lines(place, content, line, None)
        taken = LinesOf(line, None)
        for start in range(0, len(content), 65536):
            if not taken.feed(content[start : start + 65536]):
                break
        large_lines(place, taken, None)


PASSES: dict[str, Callable[[str], object]] = {
    "show": show,
    "show verbatim": show_verbatim,
    "show in one line": show_line,
    "restore": lambda text: restore(show(text)),
    "render": OutputSchema(Annotated[str, Untrusted("repository", verbatim=True)], 4 * 2**20).render,
    "encode": lambda text: dump_in_pieces({"text": text}),
    "edit": edit,
    "line endings": lambda text: with_endings_of(text, text.replace("\r", "") + "x\n"),
    "JSON": parse_json,
    "redact": redact,
    "file": read_file,
    "log": read_log,
    "effect mark": without_mark,
    "HTML mail": lambda text: (view(text, "html", folded=True), view(f"<a {text}>{text}", "html", folded=True)),
    "plain mail": lambda text: view(text, "text", folded=True),
    "mentions": mentions_in,
    "words of tickets": lambda text: ticket_terms(text, text, text, text),
    "words of orders": parse_query,
}
"""Everything that goes through a whole text from outside."""
UNITS: Final = {
    "letters": "a", "spaces after <": "a <" + " " * 2**16, "line feeds": "\n", "CRLF": "\r\n",
    "mixed endings": "a\n\r\n\r", "invisible": "\u200b", "brackets": "⟦U+200B", "openers": "< <", "links": "](",
    "fences": "</user_content><user_content", "quotes": "\"\\", "escapes": "\x1b[3",
    "stamps": "2026-01-01T00:00:00.1Z ##[error]\n", "digits": "2026-01-01T00:00:00.1", "addresses": "a@",
    "secrets": "password=\"token: ", "URLs": "a://b:c@", "lists": "[{", "marks": "<!-- fleet-write:",
    "elements": "<p><b><td>", "attributes": "<a a=1 b", "comments": "<!-- <style>", "styles": "<style>.a{display:none}",
    "quoted lines": "> a\nb\n", "gaps after quotes": "> a" + "\n" * 2**12,
    "introductions": "On 1.1.2026 at 10:00 a@b.c wrote:\n",
    "headers": "From: a@b.c\nSent: 1\n", "references": "&#9999999999", "deep": "<div><blockquote>a", "ends": "</p></b>",
    "mentioned": "@a.-", "tree": "├── é\u2028", "keys": "-----BEGIN A PRIVATE KEY-----",
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", PASSES)
def test_pass_over_a_text_takes_linear_time(name: str, unit: str) -> None:
    lengths = (_LENGTH_OF_PASSES, _LENGTH_OF_PASSES * _FACTOR)
    text, long_text = ((UNITS[unit] * (length // len(UNITS[unit]) + 1))[:length] for length in lengths)
    with suppress(InvalidQuery):
        assert_linear(PASSES[name], text, long_text)


@pytest.mark.parametrize("name", PASSES)
def test_four_mebibytes_take_no_more_than_their_length(name: str) -> None:
    """The text on which the marks once took 53 seconds for 60 000 spaces; four mebibytes would take days."""
    text = "a <" + " " * (4 * 2**20)
    started = time.thread_time()
    with suppress(InvalidQuery):
        PASSES[name](text)
    assert time.thread_time() - started < 20

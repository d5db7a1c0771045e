"""Finds anchors in logs, whatever format the lines have: JSON, console, a container runtime's, a collector's."""

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, TextIO

from servicekit.audit.anchor import START

_START: Final = re.compile(START)


def anchors_in_file(path: Path) -> Iterator[tuple[str, str]]:
    """Every anchor of a log file with its place, such as ``orders.log:12``.

    Args:
        path: a text file, compressed if it ends in ``.gz``; ``-`` reads standard input.

    Raises:
        OSError: the file cannot be read.
    """
    with _opened(path) as lines:
        yield from anchors_in_lines(lines, path.name)


def anchors_in_lines(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """Every anchor of these lines with its place. Text that begins as an anchor and is none comes as it is."""
    for number, line in enumerate(lines, start=1):
        for match in _START.finditer(line):
            yield _text(line[match.start() :], len(match[1])), f"{name}:{number}"


def _opened(path: Path) -> AbstractContextManager[TextIO]:
    if path == Path("-"):
        return nullcontext(sys.stdin)
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _text(rest: str, escapes: int) -> str:
    """The anchor at the beginning of `rest`.

    Args:
        escapes: backslashes before each of its quotes. Inside a JSON string there is one; inside one in another, three.
    """
    try:
        if escapes:
            end = re.search(rf'(?<!\\)\\{{0,{escapes - 1}}}"', rest)  # the quote that ends the string has fewer
            rest = rest[: end.start()] if end is not None else rest
        while escapes:
            rest = json.loads(f'"{rest}"')
            escapes //= 2
        _, length = json.JSONDecoder().raw_decode(rest)
        return rest[:length]
    except (ValueError, TypeError, RecursionError):
        return rest.rstrip()

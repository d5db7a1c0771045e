"""Logs are read from files, compressed files and standard input, with whatever else is in them."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from servicekit.audit.anchor_log import anchors_in_file, anchors_in_lines

ANCHOR = '{"anchor":1,"at":"2026-11-28T13:00:00Z","heads":{}}'
LINES = f"started\n{ANCHOR} and more\n".encode() + b"\xff\xfe not UTF-8\n" + f"audit anchor {ANCHOR}\n".encode()


@pytest.mark.parametrize("name", ["orders.log", "orders.log.gz", "-"])
def test_anchors_are_found_with_their_lines(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("-") if name == "-" else tmp_path / name
    if name == "-":
        monkeypatch.setattr(sys, "stdin", io.StringIO(LINES.decode(errors="replace")))
    else:
        path.write_bytes(gzip.compress(LINES) if name.endswith(".gz") else LINES)
    assert list(anchors_in_file(path)) == [(ANCHOR, f"{name}:2"), (ANCHOR, f"{name}:4")]


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_words_around_an_anchor_are_left_out(depth: int) -> None:
    line = f'before "{ANCHOR} after {ANCHOR}, "quoted" and \\ more'
    for _ in range(depth):
        line = json.dumps({"log": line, "stream": "stderr"})
    assert list(anchors_in_lines([line], "log")) == [(ANCHOR, "log:1")] * 2


@pytest.mark.parametrize("depth", [0, 1])
def test_text_that_only_begins_as_an_anchor_comes_as_it_is(depth: int) -> None:
    line = '{"anchor":1,"at" \n'
    if depth:
        line = json.dumps({"log": line})
        assert next(anchors_in_lines([line], "log"))[0].startswith('{"anchor":1,"at"')
    else:
        assert list(anchors_in_lines([line], "log")) == [('{"anchor":1,"at"', "log:1")]

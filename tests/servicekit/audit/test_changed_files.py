"""Audit files that were changed, removed or replaced: the server continues, and retention does not hide it."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from servicekit.audit.file_retention import Retention
from servicekit.audit.file_set import FileSet
from servicekit.audit.file_trail import FileTrail

from .test_audit_files import KEYS, NOW, append, entry, filled, opened, verdict_of, words

OPTIONS: dict[str, Any] = {"retention": Retention(days=4), "keys": KEYS}


def change(file: Path, line: int, changed: Callable[[str], str]) -> None:
    """Change the text of an entry, and leave its hashes as they are."""
    lines = file.read_bytes().splitlines()
    members = json.loads(lines[line])
    members["entry"] = changed(members["entry"])
    lines[line] = json.dumps(members).encode()
    file.write_bytes(b"\n".join(lines) + b"\n")


def dated(at: str) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), "at": at})


@pytest.mark.parametrize("text", ["no JSON", "{}", "[]", '{"at": 1}', "[" * 100_000, "naive"])
@pytest.mark.parametrize("line", [0, -1])
@pytest.mark.parametrize("newest", [True, False])
async def test_changed_entry_stops_no_server(tmp_path: Path, text: str, line: int, *, newest: bool) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 10).close()
    files = FileSet(path)
    change(
        path if newest else files.older()[-1], line, dated("2026-01-01T00:00:00") if text == "naive" else lambda _: text
    )
    file = opened(path, **OPTIONS)
    file.prepare_prune(NOW)
    file.prune(NOW)
    append(file, entry("next"))
    file.close()
    found = FileTrail(files).find("acme", "ann", 50, None)
    assert found[0][1].details["words"] == "next"
    assert "content does not match" in str((await verdict_of(path)).problems)
    async for _ in FileTrail(files).trail(NOW - timedelta(days=3), NOW - timedelta(days=1)):
        pass


async def test_retention_keeps_a_file_with_a_changed_date(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 12, retention=Retention(days=400), keys=KEYS)
    change(FileSet(path).older()[0], -1, dated("2001-01-01T00:00:00+00:00"))
    assert file.prune(NOW) is None
    file.close()
    assert "#3: its content does not match its hash" in str((await verdict_of(path)).problems)


@pytest.mark.parametrize("replaced", [True, False])
async def test_entries_go_to_no_deleted_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, replaced: bool
) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 2, max_bytes=1_000_000)
    path.rename(tmp_path / "moved") if replaced else path.unlink()
    if replaced:
        path.touch()
    with caplog.at_level(logging.ERROR):
        append(file, entry("next"))
    file.close()
    assert "audit file was removed or replaced" in caplog.text
    assert await words(path) == ["next"]
    assert "2 entries are missing" in str((await verdict_of(path)).problems)

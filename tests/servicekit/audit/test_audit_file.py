"""The trail of a service without a database: one file, one chain, across restarts, crashes and full disks."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_record import AuditUnwritable, FileRecord
from servicekit.audit.file_set import FileSet
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.hash_chain import serialise_entry, verify
from servicekit.journal.redis import RedisJournal
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.audit.full_disk import full_after


def entry(words: str) -> AuditEntry:
    return AuditEntry(datetime.now(UTC), "acme", "ann", "tests", "stdio", "tools/call x", "ok", {"words": words})


def append(stream: AuditFile, *words: str) -> None:
    entries = [entry(word) for word in words]
    stream.append(*((one, serialise_entry(one)) for one in entries))


def write(path: Path, *entries: str) -> None:
    """One process: opens, appends, ends."""
    stream = AuditFile(path)
    stream.open()
    for words in entries:
        append(stream, words)
    stream.close()


async def problems(path: Path) -> list[str]:
    return (await verify(FileTrail(FileSet(path)).trail())).problems


async def words(path: Path) -> list[str]:
    return [json.loads(stored.text).get("words") async for stored in FileTrail(FileSet(path)).trail()]


async def test_the_chain_continues_across_restarts(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    for start in range(3):
        write(path, f"{start}a é\u2028\n", f"{start}b")
    verdict = await verify(FileTrail(FileSet(path)).trail())
    assert (verdict.entries, verdict.problems) == (6, [])
    assert (await words(path))[-1] == "2b"


@pytest.mark.parametrize("kept", [1, 40, -2])
async def test_a_line_cut_by_a_crash_costs_nothing_but_itself(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "audit"
    write(path, "one", "two", "three")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:kept])
    assert (await problems(path), await words(path)) == ([], ["one", "two"])
    write(path, "four")
    write(path, "five")
    assert (await problems(path), await words(path)) == ([], ["one", "two", "four", "five"])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"two", b"2wo"), lines[2]], "file #2: its content does not match"),
        (lambda lines: [lines[0], lines[2]], "file #3: 1 entries are missing before it"),
        (lambda lines: [lines[0], lines[2], lines[1]], "file #3: 1 entries are missing"),
        (lambda lines: [lines[0], b"not json\n", lines[2]], "file #2: its content does not match"),
        (lambda lines: [lines[0], b"{}\n", lines[2]], "file #2: its content does not match"),
        (lambda lines: [lines[0], lines[1].replace(b'"number": 2', b'"number": "2"'), lines[2]], "file #2: "),
    ],
)
async def test_damage_is_found_and_named(tmp_path: Path, damage: object, problem: str) -> None:
    path = tmp_path / "audit"
    write(path, "one", "two", "three")
    assert callable(damage)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    found = [re.sub(r"^file/\S+", "file", line) for line in await problems(path)]
    assert any(line.startswith(problem) for line in found), found


async def test_a_server_that_cannot_open_its_trail_does_not_start(tmp_path: Path) -> None:
    journal = RedisJournal("books", RedisStore("redis://127.0.0.1:1/0"), AuditFile(tmp_path / "missing" / "audit"))
    with pytest.raises(FileNotFoundError):
        async with general_app(journal=journal).running():
            raise AssertionError


async def test_a_full_disk_fails_no_read_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "audit"
    journal = RedisJournal("books", RedisStore("redis://127.0.0.1:1/0"), AuditFile(path))
    service = general_app(journal=journal)
    async with service.running(), connect(service, caller(READ)) as client:
        with full_after(10):
            result = await client.call_tool("get_book", {"number": 1})
            assert await journal.calls_of("acme", "ann", 1, None) == []  # writes what waits first
        await client.call_tool("get_book", {"number": 2})
    assert not result.is_error
    assert "audit entry lost" in caplog.text
    assert (journal.dropped, await problems(path), len(await words(path))) == (1, [], 1)


async def test_a_full_disk_refuses_the_next_write(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "audit"
    record = FileRecord(AuditFile(path))
    await record.start()
    with full_after(10):
        record.require_writable()
        record.append(entry("one"))
        with pytest.raises(AuditUnwritable, match="Nothing was changed"):
            record.require_writable()
    assert "audit entry of a write kept in memory" in caplog.text
    record.require_writable()
    record.append(entry("two"))
    await record.stop()
    assert (await problems(path), await words(path)) == ([], ["one", "two"])


@pytest.mark.parametrize("room", [0, 1, 100])
async def test_what_a_full_disk_did_not_take_is_not_half_there(tmp_path: Path, room: int) -> None:
    path = tmp_path / "audit"
    write(path, "one")
    stream = AuditFile(path)
    stream.open()
    with full_after(path.stat().st_size + room):
        for _ in range(2):
            with pytest.raises(OSError, match=r"No space left|File too large"):
                append(stream, "lost")
    append(stream, "two")
    stream.close()
    assert (await problems(path), await words(path)) == ([], ["one", "two"])
    with pytest.raises(OSError, match="not open"):
        append(stream, "late")

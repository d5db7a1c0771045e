"""A trail in several files: new files by size and month, retention, one writer, and reading from the end."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile, FileInUse
from servicekit.audit.file_record import FileRecord
from servicekit.audit.file_retention import Retention
from servicekit.audit.file_set import FileSet
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.hash_chain import Verification, serialise_entry, verify
from servicekit.audit.lines import complete_size, lines_backwards
from tests.servicekit.audit.full_disk import full_after

KEYS = AnchorKeys(["k" * 32])
NOW = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
SMALL = 1500  # bytes: three entries


def entry(words: str, at: datetime = NOW, subject: str = "ann") -> AuditEntry:
    return AuditEntry(at, "acme", subject, "tests", "stdio", "tools/call x", "ok", {"words": words})


def append(file: AuditFile, *entries: AuditEntry) -> None:
    file.append(*((one, serialise_entry(one)) for one in entries))


def opened(path: Path, **options: object) -> AuditFile:
    file = AuditFile(path, **{"max_bytes": SMALL, **options})  # type: ignore[arg-type]
    file.open()
    return file


def filled(path: Path, count: int, **options: object) -> AuditFile:
    """An open file with this many entries, a day apart, of which the last is from now."""
    file = opened(path, **options)
    for number in range(1, count + 1):
        append(file, entry(str(number), NOW - timedelta(days=count - number)))
    return file


async def words(path: Path, since: datetime | None = None, until: datetime | None = None) -> list[str]:
    return [json.loads(stored.text)["words"] async for stored in FileTrail(FileSet(path)).trail(since, until)]


async def verdict_of(path: Path) -> Verification:
    trail = FileTrail(FileSet(path))
    return await verify(trail.trail(), await trail.cuts(), KEYS)


async def test_chain_continues_over_files(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 10).close()
    filled(path, 10).close()
    assert len(FileSet(path).older()) > 3
    assert all(file.stat().st_size <= SMALL for file in [path, *FileSet(path).older()])
    verdict = await verdict_of(path)
    assert (verdict.entries, verdict.problems, len(verdict.heads)) == (20, [], 1)
    assert await words(path) == [str(number) for number in range(1, 11)] * 2


async def test_new_month_begins_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = opened(path, max_bytes=1_000_000)
    november = datetime(2026, 11, 1, tzinfo=UTC)
    for seconds in (-1, 0, -2):
        append(file, entry("x", november + timedelta(seconds=seconds)))
    file.close()
    reopened = opened(path, max_bytes=1_000_000)
    append(reopened, entry("x", november + timedelta(days=1)))
    reopened.close()
    assert [file.name for file in FileSet(path).older()] == ["trail.000000000001.jsonl"]
    assert (await verdict_of(path)).problems == []


@given(
    st.lists(st.one_of(st.integers(1, 7), st.sampled_from(["restart", "torn line", "prune"])), min_size=1, max_size=25)
)
@settings(max_examples=60, deadline=None)
async def test_no_entry_is_lost_or_repeated(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[int | str]
) -> None:
    path = tmp_path_factory.mktemp("trail") / "trail.jsonl"
    options = {"retention": Retention(max_total=4 * SMALL), "keys": KEYS}
    file, written = opened(path, **options), 0
    for step in steps:
        if isinstance(step, int):
            append(file, *(entry(str(written + number)) for number in range(1, step + 1)))
            written += step
        elif step == "prune":
            file.prune(NOW)
        else:
            file.close()
            if step == "torn line":
                with path.open("ab") as torn:
                    torn.write(b'{"chain": "file/x", "tenant": "acm')
            file = opened(path, **options)
    file.close()
    kept = await words(path)
    assert kept == [str(number) for number in range(written - len(kept) + 1, written + 1)]
    verdict = await verdict_of(path)
    assert (verdict.problems, len(verdict.heads)) == ([], 1 if kept else 0)


async def test_start_reads_only_the_end_of_the_newest_file(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 30).close()
    older = FileSet(path).older()
    newest = (await words(path))[-1]
    path.unlink()  # a crash after the rename
    for one in older[:-1]:
        one.write_bytes(b"not read\n" * 1_000_000)
    begun = time.perf_counter()
    file = opened(path)
    assert time.perf_counter() - begun < 0.5
    append(file, entry("next"))
    file.close()
    last = await words_of_latest(path, 1)
    assert (newest, last) == ("30", ["next"])
    assert json.loads(path.read_text())["number"] == json.loads(older[-1].read_text().splitlines()[-1])["number"] + 1


async def words_of_latest(path: Path, count: int) -> list[str]:
    return [json.loads(stored.text)["words"] async for stored in FileTrail(FileSet(path)).latest(count)]


@pytest.mark.parametrize(("count", "expected"), [(1, ["10"]), (5, ["6", "7", "8", "9", "10"]), (50, None)])
async def test_latest_entries_come_from_several_files(tmp_path: Path, count: int, expected: list[str] | None) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 10).close()
    assert await words_of_latest(path, count) == (expected or await words(path))


async def test_entries_of_a_user_are_found_across_files(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    record = FileRecord(AuditFile(path, max_bytes=SMALL))
    await record.start()
    for number in range(1, 21):
        record.note(entry(str(number), subject='bob "é\\' if number % 7 == 0 else "ann"))
    found = await record.calls_of("acme", 'bob "é\\', 10, None)
    before = await record.calls_of("acme", 'bob "é\\', 10, found[0][0])
    two = await record.calls_of("acme", "ann", 2, None)
    other = await record.calls_of("globex", "ann", 2, None)
    await record.stop()
    assert [number for number, _ in found] == [14, 7]
    assert [number for number, _ in before] == [7]
    assert [one.details["words"] for _, one in two] == ["20", "19"]
    assert other == []


async def test_range_reads_only_the_files_it_reaches(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 30).close()
    found = await words(path, NOW - timedelta(days=20), NOW - timedelta(days=15))
    assert {"10", "11", "12", "13", "14"} <= set(found)
    assert len(found) < 12


async def test_second_process_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    first = opened(path)
    with pytest.raises(FileInUse, match=r"Another process writes to this audit file.*AUDIT_FILE"):
        opened(path)
    first.close()
    opened(path).close()


async def test_file_of_a_process_that_ends_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = opened(tmp_path / "trail.jsonl"), FileRecord(AuditFile(tmp_path / "trail.jsonl"))
    starting = asyncio.create_task(second.start())
    await asyncio.sleep(0)
    first.close()
    await starting
    await second.stop()
    first = opened(tmp_path / "trail.jsonl")
    monkeypatch.setattr("servicekit.audit.file_record._PATIENCE", 0.0)
    with pytest.raises(FileInUse):
        await second.start()
    first.close()


async def test_files_older_than_the_retention_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 30, retention=Retention(days=10), keys=KEYS)
    cut = file.prune(NOW)
    file.close()
    kept = await words(path)
    assert cut is not None
    assert cut.number == 30 - len(kept)
    assert 10 <= len(kept) <= 13
    verdict = await verdict_of(path)
    assert verdict.problems == []
    assert f"#1 to #{cut.number}: removed by retention" in verdict.notes[0]


async def test_expired_file_in_use_is_removed_too(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    later = NOW + timedelta(days=100)
    file = filled(path, 4, retention=Retention(days=10), keys=KEYS)
    file.prepare_prune(later)
    file.prune(later)
    file.close()
    assert await words(path) == []
    reopened = opened(path)
    append(reopened, entry("5"))
    reopened.close()
    verdict = await verdict_of(path)
    assert (verdict.problems, await words(path)) == ([], ["5"])
    assert json.loads(path.read_text())["number"] == 5


async def test_files_together_stay_below_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = opened(path, retention=Retention(max_total=6000), keys=KEYS)
    most = 0
    for number in range(100):
        append(file, entry(str(number)))
        file.prune(NOW)
        most = max(most, sum(one.stat().st_size for one in [path, *FileSet(path).older()]))
    file.close()
    assert 4500 < most <= 6000
    assert (await verdict_of(path)).problems == []


@pytest.mark.parametrize("change", ["delete", "edit", "no cut"])
async def test_files_removed_without_a_signed_cut_are_named(tmp_path: Path, change: str) -> None:
    path, cuts = tmp_path / "trail.jsonl", tmp_path / "trail.cuts.jsonl"
    file = filled(path, 30, retention=Retention(days=10), keys=None if change == "no cut" else KEYS)
    file.prune(NOW)
    file.close()
    if change == "delete":
        cuts.unlink()
    if change == "edit":
        FileSet(path).older()[0].unlink()
    assert len((await verdict_of(path)).problems) == 1


async def test_nothing_is_removed_while_the_trail_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 30, retention=Retention(days=10), keys=KEYS)
    assert file.prune(NOW - timedelta(days=5)) is not None
    async for _ in FileTrail(FileSet(path)).trail():
        assert file.prune(NOW) is None
    assert file.prune(NOW) is not None
    file.close()


async def test_full_disk_at_a_new_file_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 3)
    taken = FileSet(path).older_name(1)
    taken.write_bytes(b"")  # the name of the next older file cannot be used
    append(file, entry("4"))
    assert "no new audit file begun" in caplog.text
    taken.unlink()
    with full_after(10), pytest.raises(OSError, match=r"No space left|File too large"):
        append(file, entry("lost"))
    append(file, entry("5"))
    file.close()
    assert ((await verdict_of(path)).problems, await words(path)) == ([], ["1", "2", "3", "4", "5"])


@given(st.lists(st.sampled_from([b"a", b"\0", b"\n", b"bcd"]), max_size=30).map(b"".join), st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_lines_come_backwards_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / f"lines-{os.getpid()}"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, path.open("rb") as file:
        patch.setattr("servicekit.audit.lines._BLOCK", block)
        size = complete_size(file, len(content))
        found = list(lines_backwards(file, size))
        some = list(lines_backwards(file, size, b"\0"))
    lines = content[:size].split(b"\n")[:-1]
    assert content[:size] == content[: content.rfind(b"\n") + 1]
    assert found == lines[::-1]
    assert some == [line for line in lines[::-1] if b"\0" in line]

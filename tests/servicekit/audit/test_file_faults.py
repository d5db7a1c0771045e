"""Files of a trail that are damaged, cannot be opened or hold very long lines."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile, FileInUse
from servicekit.audit.file_retention import Retention
from servicekit.audit.file_set import FileSet
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.hash_chain import parse_entry, serialise_entry, verify

KEYS = AnchorKeys(["k" * 32])
NOW = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
SMALL = 1500  # bytes: three entries


def append(file: AuditFile, number: int, at: datetime = NOW, words: str = "") -> None:
    one = AuditEntry(at, "acme", "ann", "tests", "stdio", "tools/call x", "ok", {"number": number, "words": words})
    file.append((one, serialise_entry(one)))


def filled(path: Path, count: int, retention: Retention | None = None) -> AuditFile:
    """An open file after this many entries, a day apart, of which the last is from now."""
    file = AuditFile(path, max_bytes=SMALL, retention=retention, keys=KEYS)
    file.open()
    for number in range(1, count + 1):
        append(file, number, NOW - timedelta(days=count - number))
    return file


async def numbers(path: Path, since: datetime | None = None, until: datetime | None = None) -> list[int]:
    trail = FileTrail(FileSet(path)).trail(since, until)
    return [parse_entry(stored.text).details["number"] async for stored in trail]


@contextmanager
def no_more_files() -> Iterator[None]:
    """No further file can be opened in this process."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_without_a_new_file_the_full_one_stays_in_use(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 3)
    full = path.stat().st_size
    begun: list[bool] = []
    file.on_new_file = lambda: begun.append(True)
    with no_more_files():
        append(file, 4)
    assert (FileSet(path).older(), path.stat().st_size > full, begun) == ([], True, [])
    append(file, 5)
    file.close()
    assert ([one.name for one in FileSet(path).older()], begun) == (["trail.000000000001.jsonl"], [True])
    assert await numbers(path) == [1, 2, 3, 4, 5]


def test_a_file_that_cannot_be_read_is_locked_by_no_one(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    path.mkdir()
    first = AuditFile(path)
    with pytest.raises(IsADirectoryError):
        first.open()
    path.rmdir()
    second = AuditFile(path)
    second.open()
    with pytest.raises(FileInUse):
        first.open()
    second.close()


async def test_a_damaged_older_file_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 12, Retention(max_total=2 * SMALL))
    older = FileSet(path).older()
    older[0].write_bytes(b"damaged\n" * 100)
    cut = file.prune(NOW)
    assert cut is not None
    assert (older[0].exists(), older[1].exists(), older[-1].exists()) == (False, False, True)
    assert cut.number == (await numbers(path))[0] - 1
    FileSet(path).older()[0].write_bytes(b"damaged\n" * 400)
    assert file.prune(NOW) is None
    file.close()


async def test_a_damaged_cut_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 12, Retention(days=3))
    assert file.prune(NOW) is not None
    file.close()
    cuts = tmp_path / "trail.cuts.jsonl"
    cuts.write_bytes(b"{}\n[]\nx\n" + cuts.read_bytes())
    trail = FileTrail(FileSet(path))
    assert len(await trail.cuts()) == 1
    assert (await verify(trail.trail(), await trail.cuts(), KEYS)).problems == []
    cuts.write_bytes(b"{}\n")
    assert len((await verify(trail.trail(), await trail.cuts(), KEYS)).problems) == 1


async def test_a_line_longer_than_many_blocks_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = AuditFile(path)
    file.open()
    for number, length in enumerate((0, 1_000_000, 0), start=1):
        append(file, number, words="x" * length)
    file.close()
    trail = FileTrail(FileSet(path))
    assert [one.number async for one in trail.latest(3)] == [1, 2, 3]
    assert [number for number, _ in trail.find("acme", "ann", 3, None)] == [3, 2, 1]
    with path.open("ab") as torn:
        torn.write(b"y" * 700_000)
    reopened = AuditFile(path)
    reopened.open()
    append(reopened, 4)
    reopened.close()
    assert await numbers(path) == [1, 2, 3, 4]


async def test_a_range_reaches_an_hour_beyond_its_ends(tmp_path: Path) -> None:
    """Entries are in the order in which calls end, and dated when they begin."""
    path, minute = tmp_path / "trail.jsonl", timedelta(minutes=1)
    file = AuditFile(path, max_bytes=500)  # an entry each
    file.open()
    for number in range(9):
        append(file, number, NOW + number * 20 * minute)
    file.close()
    assert await numbers(path, NOW + 100 * minute, NOW + 61 * minute) == [2, 3, 4, 5, 6]
    assert await numbers(path, since=NOW + 100 * minute) == [2, 3, 4, 5, 6, 7, 8]
    assert await numbers(path, until=NOW + 61 * minute) == [0, 1, 2, 3, 4, 5, 6]


async def test_damaged_files_are_in_every_range(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = filled(path, 6)
    file.close()
    (older,) = FileSet(path).older()
    older.write_bytes(b"damaged\n")
    found = [one.text async for one in FileTrail(FileSet(path)).trail(NOW + timedelta(days=9), NOW)]
    assert found == ["damaged\n"]


def test_a_file_begins_at_its_limit_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    filled(path, 1).close()
    line = path.stat().st_size
    for limit, files in ((3 * line, 0), (3 * line - 1, 1)):
        target = tmp_path / f"{files}.jsonl"
        file = AuditFile(target, max_bytes=limit)
        file.open()
        for _ in range(3):
            append(file, 1)
        file.close()
        assert len(FileSet(target).older()) == files


async def test_a_chain_continues_after_the_last_of_its_cuts(tmp_path: Path) -> None:
    path, later = tmp_path / "trail.jsonl", NOW + timedelta(days=9)
    file = filled(path, 12, Retention(days=3))
    first = file.prune(NOW)
    file.prepare_prune(later)
    second = file.prune(later)
    file.close()
    assert first is not None
    assert second is not None
    assert (first.number < second.number, second.number, await numbers(path)) == (True, 12, [])
    filled(path, 1).close()
    trail = FileTrail(FileSet(path))
    assert [one.number async for one in trail.trail()] == [13]
    verdict = await verify(trail.trail(), await trail.cuts(), KEYS)
    assert (verdict.problems, list(verdict.heads)) == ([], [second.chain])

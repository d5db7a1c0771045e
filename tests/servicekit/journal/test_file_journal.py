"""The trail of a running service without a database: paged, pruned at the start, and closed without a rest."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_record import FileRecord
from servicekit.audit.file_retention import Retention
from servicekit.audit.hash_chain import parse_entry, serialise_entry
from servicekit.core.errors import Refused, Unavailable
from servicekit.core.health import Health
from servicekit.journal.disabled import DisabledJournal, audit_file_of, file_trail, journal_for
from servicekit.journal.redis import RedisJournal
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.settings import AuditFileSettings
from servicekit.storage.redis.store import RedisStore
from servicekit.telemetry.instruments import audit_size, audit_written
from servicekit.telemetry.volumes import volumes
from servicekit.testing.service import caller
from tests.servicekit.apps.writes_database import until
from tests.servicekit.audit.full_disk import full_after

NOW = datetime.now(UTC)


def entry(number: int, at: datetime = NOW) -> AuditEntry:
    return AuditEntry(at, "acme", "ann", "tests", "stdio", "tools/call x", "ok", {"number": number})


def filled(path: Path, ages: list[int], **options: Any) -> None:
    """A file of an earlier process with an entry of each age in days."""
    file = AuditFile(path, **options)
    file.open()
    for number, age in enumerate(ages, start=1):
        one = entry(number, NOW - timedelta(days=age))
        file.append((one, serialise_entry(one)))
    file.close()


@asynccontextmanager
async def journal_in(folder: Path, url: str = "redis://127.0.0.1:1/0") -> AsyncIterator[RedisJournal]:
    store = RedisStore(url)
    journal = RedisJournal("books", store, AuditFile(folder / "audit"))
    await journal.start()
    yield journal
    await journal.stop()
    await store.stop()


def open_files() -> set[str]:
    """The names of the files that this process has open."""
    return {os.path.realpath(name) for name in Path("/dev/fd").iterdir()}


async def test_a_stopped_journal_leaves_no_task_and_no_file(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        journal.note(entry(1))
        own = [task for task in asyncio.all_tasks() if task.get_name() in ("audit", "audit retention")]
        assert len(own) == 2
        assert any(name.startswith(str(tmp_path)) for name in open_files())
    done, _ = await asyncio.wait(own, timeout=10)
    assert (len(done), all(task.cancelled() for task in done)) == (2, True)
    assert [name for name in open_files() if name.startswith(str(tmp_path))] == []


async def test_reads_do_not_need_the_store(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        assert journal.warning is None
        report = await Health([journal, DisabledJournal()]).report()
        assert (report["status"], report["components"]["journal"]["status"]) == ("ok", "ok")
        report = await Health([journal]).report()
        assert (report["status"], report["components"]["journal"]["status"]) == ("degraded", "unavailable")


async def test_own_actions_are_paged_by_their_places(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        for number in range(1, 8):
            journal.note(entry(number))
        pages: list[list[int]] = []
        before: tuple[str, str] | None = None
        while page := await journal.calls_of("acme", "ann", 3, before):
            pages.append([one.details["number"] for _, one in page])
            assert [place for place, _ in page] == [str(number) for number in pages[-1]]
            before = (page[-1][1].at.isoformat(), page[-1][0])
        assert [parse_entry(stored.text).details["number"] async for stored in journal.latest(2)] == [6, 7]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]


async def test_own_actions_are_paged_over_files(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    filled(path, [0] * 12, max_bytes=1500)
    async with journal_in(tmp_path) as journal:
        found = [place for place, _ in await journal.calls_of("acme", "ann", 50, ("", "6"))]
    assert found == ["5", "4", "3", "2", "1"]


async def test_a_check_asks_the_store_each_time(tmp_path: Path, valkey_url: str) -> None:
    store = RedisStore(valkey_url)
    async with journal_in(tmp_path, valkey_url) as journal:
        await journal.check()
        await store.redis.flushall()
        await journal.check()
        assert (await StoreEpoch("books", store).look()).at is not None
        await store.stop()
    async with journal_in(tmp_path / "..") as journal:
        with pytest.raises(Unavailable):
            await journal.check()


async def test_a_start_removes_what_has_expired(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "audit"
    caplog.set_level(logging.INFO)
    filled(path, [30, 29])
    record = FileRecord(AuditFile(path, retention=Retention(days=10)))
    await record.start()

    async def is_removed() -> bool:
        return "audit entries removed" in caplog.text

    await until(is_removed)
    (said,) = [one for one in caplog.records if one.message == "audit entries removed"]
    assert said.up_to == 2  # type: ignore[attr-defined]
    (cut,) = await file_trail(path).cuts()
    assert (cut.number, cut.chain) == (2, said.chain)  # type: ignore[attr-defined]
    await record.stop()


async def test_a_removal_that_fails_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "audit.jsonl"
    filled(path, [30, 29])
    (tmp_path / "audit.cuts.jsonl").mkdir()
    file = AuditFile(path, retention=Retention(days=10))
    record = FileRecord(file)
    await record.start()

    async def is_said() -> bool:
        return "audit entries not removed" in caplog.text

    await until(is_said)
    await record.stop()
    (tmp_path / "audit.cuts.jsonl").rmdir()
    assert [one.number async for one in record.stored.trail()] == [1, 2]


async def test_a_full_file_makes_room_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    record = FileRecord(AuditFile(path, max_bytes=1500, retention=Retention(max_total=3000)))
    await record.start()
    for number in range(1, 13):
        record.append(entry(number))

    async def is_small() -> bool:
        return len(record.stored._files.older()) == 1 and await record.stored.cuts() != []

    await until(is_small)
    await record.stop()


async def test_what_a_full_disk_keeps_until_the_stop_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = FileRecord(AuditFile(tmp_path / "audit"))
    await record.start()
    with full_after(10):
        for number in range(2):
            record.append(entry(number))
        await record.stop()
    (lost,) = [one for one in caplog.records if one.message == "audit entries of writes lost"]
    assert lost.entries == 2  # type: ignore[attr-defined]


async def test_a_server_that_only_reads_says_so(tmp_path: Path) -> None:
    filled(tmp_path / "audit", [0, 0])
    journal = DisabledJournal()
    await journal.check()
    with pytest.raises(Refused, match="This server only reads"):
        await journal.keep_pending(caller(), "A-1", "content")
    assert await journal.find_pending(caller(), "A-1") is None
    assert (await journal.calls_of(), await journal.cuts(), journal.heads.take()) == ((), (), {})
    assert [one async for one in journal.trail()] == [one async for one in journal.latest(3)] == []
    reader = file_trail(tmp_path / "audit")
    assert [one.number async for one in reader.latest(1)] == [2]
    assert [one.number async for one in file_trail(tmp_path / "missing" / "audit").trail()] == []


async def test_an_audit_file_follows_its_settings(tmp_path: Path, valkey_url: str) -> None:
    path = tmp_path / "audit.jsonl"
    required: dict[str, Any] = {"public_url": "http://127.0.0.1:8000/mcp", "issuer": "http://127.0.0.1:9/"}
    assert audit_file_of(AuditFileSettings(**required)) is None
    settings = AuditFileSettings(
        **required,
        audit_file=path,
        audit_file_max_bytes=1_000_000,
        audit_file_max_total=4_000_000,
        audit_retention_days=7,
        audit_anchor_keys="k" * 32,
    )
    file = audit_file_of(settings)
    assert file is not None
    file.open()
    for age in (20, 19):
        one = entry(age, NOW - timedelta(days=age))
        file.append((one, serialise_entry(one)))
    file.prepare_prune(NOW)
    cut = file.prune(NOW)
    file.close()
    assert cut is not None
    assert (cut.number, len(cut.signature)) == (2, 64)
    store = RedisStore(valkey_url)
    journal = journal_for("books", store, file)
    await journal.start()
    await journal.check()
    await journal.stop()
    await store.stop()
    assert (tmp_path / "audit.jsonl.store").read_text().split() != []


async def test_the_trail_and_its_volume_are_measured_while_it_is_open(tmp_path: Path) -> None:
    def sizes() -> list[float]:
        return [one.value for one in (*audit_size.observe(), *volumes.free()) if "postgres" not in str(one.attributes)]

    record = FileRecord(AuditFile(tmp_path / "audit"))
    await record.start()
    before = audit_written.value
    record.append(entry(1))
    size, free = sizes()
    assert size == (tmp_path / "audit").stat().st_size == audit_written.value - before
    assert free > size
    await record.stop()
    assert sizes() == []

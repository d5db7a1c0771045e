"""Entries of reads wait for their batch: in order, within a bound, and without holding up other calls."""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from servicekit.audit import read_batches
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.hash_chain import parse_entry, verify
from servicekit.audit.read_batches import SLICE, ReadBatches
from servicekit.journal.redis import RedisJournal
from servicekit.pipeline.audit import audit_entry
from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller
from tests.fixtures.counted import counting
from tests.servicekit.apps.general_app import READ, general_app


def entry(number: int, details: Any = None) -> AuditEntry:
    now = datetime.now(UTC)
    return AuditEntry(now, "acme", "ann", "tests", "stdio", "tools/call x", "ok", details or {"number": number})


def numbers(entries: Sequence[AuditEntry]) -> list[int]:
    return [one.details["number"] for one in entries]


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def nothing(_: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
    return ()


async def test_a_full_queue_counts_what_it_loses() -> None:
    written: list[AuditEntry] = []

    async def write(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        written.extend(entries)
        return ()

    batches = ReadBatches(write)
    for number in range(10_005):
        batches.note(entry(number))
    assert (len(batches), batches.dropped) == (10_000, 5)
    await batches.flush()
    assert numbers(written) == list(range(10_000))


async def test_lost_entries_are_counted_for_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_batches, "_MAX_WAITING", 3)
    counts = counting(monkeypatch, read_batches, "audit_lost")

    async def refuse(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        batches.note(entry(9))  # a call that ends meanwhile
        return entries

    batches = ReadBatches(refuse)
    for number in range(3):
        batches.note(entry(number))
    assert counts() == {}
    batches.note(entry(3))
    assert (counts(), batches.dropped, len(batches)) == ({(): 1}, 1, 3)
    await batches.flush()
    assert (counts(), batches.dropped, len(batches)) == ({(): 2}, 2, 3), "the queue has room for two of the three"


async def test_a_stop_waits_for_the_batch_under_way() -> None:
    written: list[int] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def write(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        begun.set()
        await go.wait()
        written.extend(numbers(entries))
        return ()

    batches = ReadBatches(write)
    await batches.start()
    batches.note(entry(1))
    await begun.wait()
    batches.note(entry(2))
    stop = asyncio.create_task(batches.stop())
    await asyncio.sleep(0)
    assert not stop.done()
    go.set()
    await stop
    assert written == [1, 2]


async def test_batches_come_no_more_often_than_every_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    flushes = 0
    batches = ReadBatches(nothing)

    async def count() -> None:
        nonlocal flushes
        flushes += 1

    monkeypatch.setattr(batches, "flush", count)
    begun = time.monotonic()
    await batches.start()
    for _ in range(200):
        await asyncio.sleep(0)
    assert flushes <= (time.monotonic() - begun) / 0.2
    await batches.stop()


async def test_unwritten_entries_keep_their_place() -> None:
    tries: list[list[int]] = []

    async def write(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        tries.append(numbers(entries))
        return entries[1:] if len(tries) == 1 else ()

    batches = ReadBatches(write)
    for number in range(3):
        batches.note(entry(number))
    await batches.flush()
    batches.note(entry(3))
    await batches.stop()
    assert tries == [[0, 1, 2], [1, 2, 3]]


async def test_a_broken_entry_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> dict[str, Any]:
        raise ValueError("no details")

    batches = ReadBatches(nothing)
    texts = await batches.texts([entry(1), entry(2, broken), entry(3)])
    assert numbers([parse_entry(text) for _, text in texts]) == [1, 3]
    assert ("audit entry lost" in caplog.text, batches.dropped) == (True, 1)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ({"number": 1}, True),
        ({"number": [1, "two", {"three": None}]}, True),
        ({"number": "x" * 5000}, False),
        ({"x" * 5000: 1}, False),
        ({"number": {"x" * 5000: 1}}, False),
        ({"number": ["x" * 100] * 50}, False),
        ({"number": [[[]] * 500]}, False),
        ({"number": 10**20_000}, False),
        ({"number": 1.5, **dict.fromkeys(map(str, range(100)))}, False),
    ],
)
def test_a_waiting_entry_keeps_no_large_arguments(raw: dict[str, Any], kept: bool) -> None:
    operation = general_app().registry.tools["get_book"]
    before = sys.getrefcount(raw)
    waiting = audit_entry(operation, raw, caller(), RequestInfo("r"), "invalid_arguments", {})
    assert (sys.getrefcount(raw) > before) is kept
    assert waiting.details["arguments"] is not None


async def test_other_calls_run_between_slices() -> None:
    def slow() -> dict[str, Any]:
        busy(SLICE)
        return {"number": 0}

    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    await ReadBatches(nothing).texts([entry(number, slow) for number in range(10)])
    running.cancel()
    assert turns >= 10


async def test_a_busy_server_loses_no_entry(tmp_path: Path) -> None:
    """Every turn of the event loop is as long as many calls, so the batch must do more in each of its turns."""
    journal = RedisJournal("books", RedisStore("redis://127.0.0.1:1/0"), AuditFile(tmp_path / "audit"))
    await journal.start()
    for turn in range(40):
        for number in range(500):
            journal.note(entry(turn * 500 + number))
        busy(0.04)
        await asyncio.sleep(0)
    await journal.stop()
    assert journal.dropped == 0
    found = [parse_entry(stored.text) async for stored in journal.trail()]
    assert numbers(found) == list(range(20_000))


@pytest.mark.parametrize(
    ("scopes", "raw", "kept"),
    [
        ((READ,), {"number": 3}, {"number": 3}),
        ((READ,), {"number": "three"}, {"number": "[str]"}),
        ((), {"number": 3}, {"number": 3}),
        ((), {"number": "three"}, {"number": "[str]"}),
    ],
)
async def test_a_read_is_in_the_file_after_its_batch(
    scopes: tuple[str, ...], raw: dict[str, Any], kept: dict[str, Any], tmp_path: Path
) -> None:
    audit = AuditFile(tmp_path / "audit")
    journal = RedisJournal("books", RedisStore("redis://127.0.0.1:1/0"), audit)
    service = general_app(journal=journal)
    async with service.running():
        operation = service.registry.tools["get_book"]
        await call(service.pipeline, operation, raw, caller(*scopes), RequestInfo("r", client="a@b.example"))
        ((_, own),) = await journal.calls_of("acme", "ann", 5, None)
    assert own.details["arguments"] == kept
    assert own.details["client"] == "[e-mail]"
    assert (await verify(FileTrail(audit.files).trail())).problems == []

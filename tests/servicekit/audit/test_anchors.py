"""Anchors of a running process, in its log and at a collector."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk.resources import Resource

from servicekit.audit.anchor_check import AnchorCheck
from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.anchor_log import anchors_in_lines
from servicekit.audit.anchors import Anchors
from servicekit.audit.file import AuditFile
from servicekit.audit.file_set import FileSet
from servicekit.audit.hash_chain import verify
from servicekit.audit.heads import Heads
from servicekit.audit.lines import read_line, written_line
from servicekit.journal.disabled import file_trail
from servicekit.journal.redis import RedisJournal
from servicekit.storage.redis.store import RedisStore
from servicekit.telemetry.anchor_export import AnchorExport
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.audit.chains import chained

SECRET = "k" * 32
KEYS = AnchorKeys([SECRET])


async def until(condition: Callable[[], object]) -> None:
    """Wait for what happens soon, by itself."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def anchors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.anchor for record in caplog.records if record.message == "audit anchor"]


async def test_anchor_is_written_at_start_every_interval_and_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    heads = Heads()
    anchors = Anchors(heads, KEYS, "books", 0.05)
    await anchors.start()
    heads.advanced("file/a", 1, b"\1" * 32)
    await until(lambda: len(anchors_in(caplog)) >= 4)
    await anchors.check()
    heads.advanced("file/a", 2, b"\2" * 32)
    await anchors.stop()
    texts = [json.loads(text) for text in anchors_in(caplog)]
    assert [text["sequence"] for text in texts] == list(range(1, len(texts) + 1))
    named = [text["heads"] for text in texts]
    assert (named[0], named[1], named[2]) == ({}, {"file/a": [1, "01" * 32]}, {})
    assert (named[-1], texts[-1]["final"], texts[0]["final"]) == ({"file/a": [2, "02" * 32]}, True, False)
    with pytest.raises(RuntimeError):
        await anchors.check()


async def test_log_level_of_operators_does_not_silence_anchors(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("servicekit.audit.anchors").setLevel("ERROR")
    try:
        anchors = Anchors(Heads(), KEYS, "books", 60)
        await anchors.start()
        await anchors.stop()
    finally:
        logging.getLogger("servicekit.audit.anchors").setLevel("NOTSET")
    assert len(anchors_in(caplog)) == 2


@pytest.mark.parametrize("attack", ["none", "newest", "whole", "middle", "rewritten"])
async def test_attacks_on_an_audit_file_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, attack: str
) -> None:
    path = tmp_path / "trail.jsonl"
    journal = RedisJournal("general", RedisStore("redis://127.0.0.1:1/0"), AuditFile(path, max_bytes=4000))
    service = general_app(journal=journal, audit_anchor_keys=SECRET)
    async with service.running(), connect(service, caller(READ)) as client:
        for number in range(20):
            await client.call_tool("get_book", {"number": number})
            await journal.calls_of("acme", "ann", 1, None)  # writes what waits
    files = FileSet(path).older()
    assert files
    lines = path.read_bytes().splitlines(keepends=True)
    match attack:
        case "newest":
            path.write_bytes(b"".join(lines[:-5]) if len(lines) > 5 else b"")
            if len(lines) < 5:
                files[-1].write_bytes(b"".join(files[-1].read_bytes().splitlines(keepends=True)[: len(lines) - 5]))
        case "whole":
            for file in [path, *files]:
                file.unlink()
            second = AuditFile(path)
            second.open()
            second.close()
        case "middle":
            files[0].write_bytes(b"".join(files[0].read_bytes().splitlines(keepends=True)[:-1]))
        case "rewritten":
            _rewrite(path, files)
    check = AnchorCheck(service.identity.name, KEYS)
    check.add(anchors_in_lines(anchors_in(caplog), "log"))
    check.check_sequences(datetime.now(UTC))
    verdict = await verify(check.checked(file_trail(path).trail()))
    expected = {
        "none": [],
        "newest": ["#16 to #20: missing at the end of the chain; #20 was anchored"],
        "whole": ["the whole chain is missing; #20 was anchored"],
        "middle": ["1 entries are missing before it"],
        "rewritten": ["#20: differs from the hash that was anchored"],
    }[attack]
    found = [*verdict.problems, *check.found.problems]
    assert len(found) == len(expected), found
    assert all(words in line for words, line in zip(expected, found, strict=True)), found


def _rewrite(path: Path, files: list[Path]) -> None:
    """Write every entry again with another outcome, as an attacker does who can write to the files."""
    read = [read_line(line) for file in [*files, path] for line in file.read_bytes().splitlines()]
    entries = [entry for entry in read if entry is not None]
    texts = [entry.text.replace('"outcome":"ok"', '"outcome":"refused"') for entry in entries]
    forged = chained(entries[0].chain, texts)
    for file in files:
        file.unlink()
    lines = [written_line(entry.chain, "acme", entry.number, entry.text, entry.previous, entry.own) for entry in forged]
    path.write_text("".join(lines))


class Collector(ThreadingHTTPServer):
    """Takes log records over OTLP/HTTP, or refuses them."""

    taking = True
    attempts = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.bodies: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.attempts += 1
        if self.server.taking and self.path == "/v1/logs":
            for group in ExportLogsServiceRequest.FromString(body).resource_logs:
                records = (record for scope in group.scope_logs for record in scope.log_records)
                self.server.bodies += [record.body.string_value for record in records]
        self.send_response(200 if self.server.taking else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, daemon=True)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()


async def test_collector_gets_every_anchor_also_after_an_outage(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.telemetry.anchor_export._RETRY", 0.02)
    with collecting() as collector:
        export = AnchorExport(Resource.create({"service.name": "books"}), collector.url)
        anchors = Anchors(Heads(), KEYS, "books", 0.02)
        await anchors.start()
        await until(lambda: collector.bodies)
        collector.taking, refused = False, collector.attempts
        await until(lambda: collector.attempts > refused + 2)
        collector.taking = True
        await anchors.stop()
        await asyncio.to_thread(export.shutdown)
    texts = anchors_in(caplog)
    assert len(texts) > 3
    assert collector.bodies == [f"audit anchor {text}" for text in texts]
    assert "audit anchors not exported" in caplog.text

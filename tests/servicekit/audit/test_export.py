"""Exports of an audit trail: their proof, their range, and where they are written."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from moto.server import ThreadedMotoServer

from servicekit.audit.anchor_keys import AnchorKeys, VerifyKeys
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.export import Export, Selection
from servicekit.audit.export_check import ExportFile
from servicekit.audit.hash_chain import ChainCheck, serialise_entry
from servicekit.audit.trail import TrailEntry
from servicekit.journal.disabled import DisabledJournal
from servicekit.storage.export_target import TargetUnusable, write_export
from tests.servicekit.audit.chains import chained, stream

KEYS = AnchorKeys(["k" * 32])
NOW = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)


def dated(chain: str, times: Sequence[datetime]) -> list[TrailEntry]:
    """A chain with an entry for each time."""
    entries = [
        AuditEntry(at, "acme", "ann", "tests", "stdio", "tools/call x", "ok", {"words": f"é {number}"})
        for number, at in enumerate(times, start=1)
    ]
    return chained(chain, [serialise_entry(entry) for entry in entries])


def days(count: int, chain: str = "acme/0") -> list[TrailEntry]:
    """An entry a day, the last one from now."""
    return dated(chain, [NOW - timedelta(days=count - number) for number in range(1, count + 1)])


@dataclass
class Stored(DisabledJournal):
    """A journal of stored entries."""

    entries: Sequence[TrailEntry]
    removed: Sequence[Cut] = ()

    def trail(self, *_: object) -> AsyncIterator[TrailEntry]:  # type: ignore[override]
        return stream(self.entries)

    async def cuts(self) -> Sequence[Cut]:
        return self.removed


def export_of(
    entries: Sequence[TrailEntry], selection: Selection | None = None, keys: AnchorKeys | None = KEYS, **more: Any
) -> Export:
    return Export(Stored(entries, **more), "orders", keys, selection or Selection(), NOW)


async def written(target: Path, export: Export) -> Path:
    return Path(await write_export(export.chunks(), str(target), "orders-audit.jsonl.gz"))


async def read(path: Path, keys: VerifyKeys | None = KEYS) -> tuple[list[TrailEntry], list[str]]:
    """The entries of an export, and everything that is wrong with it."""
    export, check, entries = ExportFile(path, keys, "orders"), ChainCheck(partial=True), list[TrailEntry]()
    async for entry in export.entries():
        check.add(entry)
        entries.append(entry)
    export.check_manifest()
    return entries, [*check.result().problems, *export.found.problems]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
async def test_export_is_verified_with_the_public_key_alone(tmp_path: Path, name: str) -> None:
    entries = days(3000) + days(10, "globex/0")
    export = export_of(entries)
    path = await written(tmp_path / name, export)
    assert await read(path, VerifyKeys([KEYS.public_key])) == (entries, [])
    assert (export.verification.entries, export.verification.problems) == (3010, [])
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert names_in(tmp_path) == [name]


async def test_month_is_exported_without_gaps(tmp_path: Path) -> None:
    begin, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    times = [
        begin - 2 * minute, begin - minute, begin, begin - minute, begin + minute,
        end - minute, end, end - minute, end, end + minute, end + 2 * timedelta(hours=1),
    ]  # fmt: skip
    path = await written(tmp_path, export_of(dated("acme/0", times), Selection(begin, end)))
    entries, problems = await read(path)
    assert path.name == "orders-audit.jsonl.gz"
    assert ([entry.number for entry in entries], problems) == ([3, 4, 5, 6, 7, 8], [])


async def test_only_the_wanted_chains_are_exported(tmp_path: Path) -> None:
    cuts = [signed_cut(KEYS, chain, 1, b"\1" * 32, NOW) for chain in ("acme/0", "globex/0")]
    export = export_of(days(3) + days(2, "globex/0"), Selection(chains=("globex/",)), removed=cuts)
    path = await written(tmp_path / "out.jsonl", export)
    assert [entry.chain for entry in (await read(path))[0]] == ["globex/0"] * 2
    assert path.read_text().count('"kind": "cut"') == 1


@pytest.mark.parametrize("keys", [KEYS, None])
async def test_export_of_another_service_is_named(tmp_path: Path, keys: AnchorKeys | None) -> None:
    export = Export(Stored(days(3)), "ticketing", keys, Selection(), NOW)
    path = await written(tmp_path / "out.jsonl", export)
    assert (await read(path, keys))[1] == ["the export is of another service than orders"]


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _with_other_text(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"tools/call x", b"tools/call y"), *lines[2:]]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda lines: lines[:-1], "no manifest"),
        (lambda lines: [*lines[:3], lines[3][:40]], "line 4: is damaged"),
        (lambda lines: [*lines[:2], *lines[3:]], "acme/0 #3: 1 entries are missing before it"),
        (lambda lines: [lines[0], *lines[2:]], "does not match the hash in its manifest"),
        (lambda lines: [*lines[:-2], lines[-1]], "do not match its manifest"),
        (_with_other_text, "acme/0 #1: its content does not match its hash"),
        (lambda lines: [*lines, lines[1]], "line 7: there are lines after the manifest"),
        (lambda lines: [*lines[:-1], lines[-1].replace(b'"orders"', b'"others"')], "not signed by a known key"),
        (lambda lines: [*lines[:-1], unsigned(lines[-1])], "the export is not signed"),
        (lambda lines: [lines[0], b'{"kind": "new"}\n', *lines[1:]], "line 2: is damaged"),
        (lambda lines: [lines[0], b"[]\n", *lines[1:]], "line 2: is damaged"),
        (lambda lines: [lines[0], b'{"chain": "a", "number": 1.5}\n', *lines[1:]], "line 2: is damaged"),
        (lambda lines: [*lines[:-1], with_signature(lines[-1], "é")], "not signed by a known key"),
        (
            lambda lines: [*lines[:-1], lines[-1].replace(b'"signature": "', b'"signature": "!')],
            "not signed by a known",
        ),
        (lambda lines: [*lines[:-1], with_signature(lines[-1], 5)], "the export is not signed"),
        (lambda lines: [lines[0], lines[1].replace(b"tools/call x", b"\\ud800"), *lines[2:]], "line 2: is damaged"),
        (lambda _: [], "no manifest"),
    ],
)
async def test_changed_export_is_named(tmp_path: Path, damage: Any, problem: str) -> None:
    path = await written(tmp_path / "out.jsonl", export_of(days(4)))
    path.write_bytes(b"".join(damage(_lines(path))))
    _, found = await read(path)
    assert any(problem in line for line in found), found


def unsigned(manifest: bytes) -> bytes:
    members = json.loads(manifest)
    return json.dumps({name: value for name, value in members.items() if name != "signature"}).encode() + b"\n"


def with_signature(manifest: bytes, signature: object) -> bytes:
    return json.dumps({**json.loads(manifest), "signature": signature}).encode() + b"\n"


async def test_cut_off_compressed_export_is_named(tmp_path: Path) -> None:
    path = await written(tmp_path / "out.jsonl.gz", export_of(days(400)))
    path.write_bytes(path.read_bytes()[:-200])
    assert "the compressed file is damaged or cut off" in (await read(path))[1]


async def test_unsigned_cut_in_an_export_is_named(tmp_path: Path) -> None:
    export = export_of(days(3)[1:], removed=[signed_cut(None, "acme/0", 1, days(3)[0].own, NOW)])
    path = await written(tmp_path / "out.jsonl", export)
    assert (await read(path))[1] == ["acme/0 #1 to #1: removed, but no known key signed this cut"]


async def test_damaged_trail_is_exported_and_named(tmp_path: Path) -> None:
    entries = days(3)
    entries[1] = entries[1]._replace(text="not json")
    export = export_of(entries)
    path = await written(tmp_path / "out.jsonl", export)
    assert export.verification.problems == ["acme/0 #2: its content does not match its hash"]
    assert (await read(path))[1] == export.verification.problems


async def test_existing_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("earlier")
    with pytest.raises(TargetUnusable, match="exists already"):
        await written(path, export_of(days(1)))
    assert path.read_text() == "earlier"


async def test_failed_export_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await write_export(failing(), str(tmp_path / "out.jsonl"), "x")
    with pytest.raises(TargetUnusable, match=r"cannot be written: No such file"):
        await written(tmp_path / "missing" / "out.jsonl", export_of(days(1)))
    assert names_in(tmp_path) == []


async def failing() -> AsyncIterator[bytes]:
    """An export whose database goes away after some parts of an upload."""
    for _ in range(160):
        yield b"x" * (1 << 18)
    raise ConnectionError


@dataclass
class Bucket:
    """An empty bucket of a server that speaks S3's protocol."""

    url: str

    def get(self, path: str) -> bytes:
        content: bytes = httpx2.get(f"{self.url}{path}", trust_env=False).content
        return content


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for name, value in {
        "ENDPOINT_URL": url,
        "ACCESS_KEY_ID": "writer",
        "SECRET_ACCESS_KEY": "secret-of-the-writer",
        "REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    httpx2.put(f"{url}/audit", trust_env=False)
    yield Bucket(f"{url}/audit")
    server.stop()


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("s3://audit", "/orders-audit.jsonl.gz"),
        ("s3://audit/fleet/orders/", "/fleet/orders/orders-audit.jsonl.gz"),
        ("s3://audit/one.jsonl", "/one.jsonl"),
    ],
)
async def test_export_is_uploaded_over_http(bucket: Bucket, tmp_path: Path, target: str, key: str) -> None:
    entries = days(100)
    place = await write_export(export_of(entries).chunks(), target, "orders-audit.jsonl.gz")
    assert place == f"s3://audit{key}"
    (tmp_path / "copy").write_bytes(bucket.get(key))
    assert await read(tmp_path / "copy") == (entries, [])


async def test_large_export_is_uploaded_in_parts(bucket: Bucket) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * (1 << 18)

    await write_export(large(), "s3://audit/large.jsonl", "x")
    assert len(bucket.get("/large.jsonl")) == 160 << 18
    assert b'-3"' in bucket.get("?list-type=2").replace(b"&quot;", b'"')  # the tag of an object of three parts


async def test_failed_upload_leaves_no_object(bucket: Bucket) -> None:
    with pytest.raises(ConnectionError):
        await write_export(failing(), "s3://audit/broken.jsonl", "x")
    assert b"broken" not in bucket.get("?list-type=2")
    assert b"broken" not in bucket.get("?uploads")


@pytest.mark.usefixtures("bucket")
async def test_unusable_storage_is_said_without_credentials() -> None:
    with pytest.raises(TargetUnusable) as missing:
        await written_to("s3://nothing/there")
    assert "s3://nothing/there/orders-audit.jsonl.gz cannot be written" in str(missing.value)
    assert "secret-of-the-writer" not in str(missing.value)
    with pytest.raises(TargetUnusable, match="s3://bucket/prefix"):
        await written_to("s3:///prefix")


async def written_to(target: str) -> str:
    return await write_export(export_of(days(1)).chunks(), target, "orders-audit.jsonl.gz")

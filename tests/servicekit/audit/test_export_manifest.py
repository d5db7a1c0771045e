"""What the first and the last line of an export say."""

import json
from datetime import timedelta
from pathlib import Path

from servicekit.audit.export import Selection
from servicekit.audit.export_check import ExportFile

from .test_export import KEYS, NOW, days, export_of, read, written


async def test_manifest_says_what_is_exported(tmp_path: Path) -> None:
    entries, since = days(4) + days(2, "globex/0"), NOW - timedelta(days=2)
    path = await written(tmp_path / "out.jsonl", export_of(entries, Selection(since=since)))
    header, *_, manifest = map(json.loads, path.read_text().splitlines())
    limits = {"service": "orders", "at": NOW.isoformat(), "since": since.isoformat(), "until": None}
    assert header == {"kind": "audit export", "version": 1, **limits}
    assert {name: manifest[name] for name in limits} == limits
    assert (manifest["kind"], manifest["entries"], manifest["public_key"]) == ("manifest", 5, KEYS.public_key)
    assert manifest["chains"] == {
        "acme/0": [2, entries[1].previous.hex(), 4, entries[3].own.hex()],
        "globex/0": [1, "00" * 32, 2, entries[5].own.hex()],
    }
    export = ExportFile(path, KEYS, "orders")
    assert len([entry async for entry in export.entries()]) == 5
    assert (export.header, export.extents.as_json()) == (
        {name: value for name, value in header.items() if name != "kind"},
        manifest["chains"],
    )


async def test_export_of_a_service_without_keys_is_unsigned(tmp_path: Path) -> None:
    path = await written(tmp_path / "out.jsonl", export_of(days(2), keys=None))
    assert {"signature", "public_key"} & set(json.loads(path.read_text().splitlines()[-1])) == set()
    assert (await read(path))[1] == ["the export is not signed"]
    export = ExportFile(path, None, "orders")
    assert len([entry async for entry in export.entries()]) == 2
    export.check_manifest()
    assert (export.found.problems, export.found.notes) == (
        [],
        ["without a public key, the signature of the export was not checked"],
    )


async def test_export_comes_in_chunks_of_a_quarter_mebibyte() -> None:
    chunks = [chunk async for chunk in export_of(days(3000)).chunks()]
    assert len(chunks) > 3
    assert all(1 << 18 <= len(chunk) < (1 << 18) + 1000 for chunk in chunks[:-1])

"""Verifies an export of an audit trail, without the database."""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from operator import index
from pathlib import Path
from typing import Any, Final

from servicekit.audit.anchor_keys import VerifyKeys
from servicekit.audit.cuts import read_cut
from servicekit.audit.export import CUT, HEADER, MANIFEST, PURPOSE, Extents, canonical
from servicekit.audit.hash_chain import Findings
from servicekit.audit.trail import TrailEntry

_COMPRESSED: Final = b"\x1f\x8b"


class ExportFile:
    """An export that is read. Iterate over `entries`, then call `check_manifest`.

    Args:
        keys: the keys that may have signed it; None leaves signatures unchecked, which a note says.
        service: the service that it has to be of.
    """

    def __init__(self, path: Path, keys: VerifyKeys | None, service: str) -> None:
        self._path, self._keys, self._service = path, keys, service
        self.found: Final = Findings()
        self.extents: Final = Extents()
        self.header: Mapping[str, Any] = {}
        self._manifest: Mapping[str, Any] | None = None
        self._digest = hashlib.sha256()
        self._entries = 0

    async def entries(self) -> AsyncIterator[TrailEntry]:
        """Every entry. Lines that are damaged, and an end that is cut off, are problems.

        Raises:
            OSError: the file cannot be read.
        """
        for number, line in enumerate(self._lines(), start=1):
            if self._manifest is not None:
                self.found.add(f"line {number}: there are lines after the manifest")
                return
            try:
                entry = self._read(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.found.add(f"line {number}: is damaged")
                entry = None
            if self._manifest is None:
                self._digest.update(line)
            if entry is not None:
                self._entries += 1
                self.extents.add(entry)
                yield entry

    def check_manifest(self) -> None:
        """Compare what was read with the manifest, and check its signature."""
        if self._manifest is None:
            self.found.add("the export has no manifest: it is incomplete")
            return
        members = dict(self._manifest)
        signature, _ = members.pop("signature", None), members.pop("public_key", None)
        if self._keys is None:
            self.found.notes.append("without a public key, the signature of the export was not checked")
        elif not isinstance(signature, str):
            self.found.add("the export is not signed")
        elif not self._keys.verify(PURPOSE, canonical(members), _decoded(signature)):
            self.found.add("the export is not signed by a known key")
        if members.get("service") != self._service:
            self.found.add(f"the export is of another service than {self._service}")
        if members.get("sha256") != self._digest.hexdigest():
            self.found.add("the content of the export does not match the hash in its manifest")
        if members.get("entries") != self._entries or members.get("chains") != self.extents.as_json():
            self.found.add("the chains of the export do not match its manifest")

    def _read(self, members: dict[str, Any]) -> TrailEntry | None:
        """The entry of a line; None for the other kinds, which are kept or checked."""
        kind = members.pop("kind", None)
        if kind is None:
            previous, own = bytes.fromhex(members["previous"]), bytes.fromhex(members["hash"])
            chain, number, text = members["chain"] + "", index(members["number"]), members["entry"] + ""
            (chain + text).encode()  # a lone surrogate is damage
            return TrailEntry(chain, number, text, previous, own)
        if kind == HEADER:
            self.header = members
        elif kind == MANIFEST:
            self._manifest = {"kind": kind, **members}
        elif kind == CUT:
            cut = read_cut(members)
            if self._keys is not None and not cut.is_signed(self._keys):
                self.found.add(f"{cut.chain} #1 to #{cut.number}: removed, but no known key signed this cut")
        else:
            raise ValueError(kind)
        return None

    def _lines(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            compressed = file.read(len(_COMPRESSED)) == _COMPRESSED
        with gzip.open(self._path) if compressed else self._path.open("rb") as lines:
            yield from self._until_damaged(lines)

    def _until_damaged(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from lines
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.found.add("the compressed file is damaged or cut off")


def _decoded(signature: str) -> bytes:
    with suppress(ValueError):
        return base64.b64decode(signature, validate=True)
    return b""

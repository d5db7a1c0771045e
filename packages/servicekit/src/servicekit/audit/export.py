"""Exports of an audit trail with its proof: JSON lines that can be verified without the database.

The first line describes the export. Then come the cuts, and the entries with their place in their chains. The last
line, the manifest, has the SHA-256 of all bytes before it and where each chain begins and ends, and is signed. An
export without a manifest is incomplete.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.cuts import cut_members
from servicekit.audit.hash_chain import ChainCheck, Verification, entry_of
from servicekit.audit.trail import Trail, TrailEntry

HEADER: Final = "audit export"
CUT: Final = "cut"
MANIFEST: Final = "manifest"
PURPOSE: Final = "audit export"
"""What the signature of a manifest is for."""
_JITTER: Final = timedelta(hours=1)
"""Entries are in the order in which calls end, and dated when they begin: this much may lie between two in order."""
_CHUNK: Final = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported.

    Attributes:
        since, until: entries from `since` on and before `until`; None does not limit them. Entries between two of them
            in a chain are exported, too, so that the hashes can be verified.
        chains: prefixes of the chains; empty for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    chains: tuple[str, ...] = ()

    def has_chain(self, name: str) -> bool:
        """Whether the chain is exported."""
        return name.startswith(self.chains or ("",))

    def dates(self) -> dict[str, str | None]:
        """The limits as JSON."""
        limits = {"since": self.since, "until": self.until}
        return {name: limit.isoformat() if limit is not None else None for name, limit in limits.items()}


@dataclass(slots=True)
class Extent:
    """Where a chain begins and ends: the first number, the hash before it, the last number and its hash."""

    first: int
    previous: bytes
    last: int = 0
    head: bytes = b""

    def as_json(self) -> list[Any]:
        """The extent in a manifest."""
        return [self.first, self.previous.hex(), self.last, self.head.hex()]


class Extents(dict[str, Extent]):
    """The chains of an export, in the order in which they come."""

    def add(self, entry: TrailEntry) -> None:
        """Count an entry."""
        extent = self.setdefault(entry.chain, Extent(entry.number, entry.previous))
        extent.last, extent.head = entry.number, entry.own

    def as_json(self) -> dict[str, list[Any]]:
        """The chains in a manifest."""
        return {chain: extent.as_json() for chain, extent in self.items()}


class Export:
    """An export while it is written: iterate over `chunks`, then read `verification`.

    Args:
        keys: sign the manifest; without them it is unsigned.
        now: when the export is made.
    """

    def __init__(
        self, trail: Trail, service: str, keys: AnchorKeys | None, selection: Selection, now: datetime
    ) -> None:
        self._trail, self._service, self._keys = trail, service, keys
        self._selection, self._now = selection, now
        self._extents = Extents()
        self._check = ChainCheck(partial=True)

    @property
    def verification(self) -> Verification:
        """What the hash chains of the exported entries show."""
        return self._check.result()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the export, in chunks of about 256 KiB."""
        digest, lines, size = hashlib.sha256(), list[bytes](), 0
        async for line in self._lines():
            lines.append(line)
            size += len(line)
            if size >= _CHUNK:
                chunk = b"".join(lines)
                digest.update(chunk)
                yield chunk
                lines, size = [], 0
        chunk = b"".join(lines)
        digest.update(chunk)
        yield chunk + self._manifest(digest.hexdigest())

    async def _lines(self) -> AsyncIterator[bytes]:
        described = {"service": self._service, "at": self._now.isoformat(), **self._selection.dates()}
        yield _line({"kind": HEADER, "version": 1, **described})
        for cut in await self._trail.cuts():
            if self._selection.has_chain(cut.chain):
                yield _line({"kind": CUT, **cut_members(cut)})
        entries = self._trail.trail(self._selection.since, self._selection.until)
        async for entry in selected(entries, self._selection):
            self._extents.add(entry)
            self._check.add(entry)
            yield _line(
                {
                    "chain": entry.chain,
                    "number": entry.number,
                    "entry": entry.text,
                    "previous": entry.previous.hex(),
                    "hash": entry.own.hex(),
                }
            )

    def _manifest(self, sha256: str) -> bytes:
        members = {
            "kind": MANIFEST,
            "service": self._service,
            "at": self._now.isoformat(),
            **self._selection.dates(),
            "entries": self.verification.entries,
            "chains": self._extents.as_json(),
            "sha256": sha256,
        }
        if self._keys is not None:
            signature = self._keys.sign(PURPOSE, canonical(members))
            members |= {"public_key": self._keys.public_key, "signature": base64.b64encode(signature).decode()}
        return _line(members)


async def selected(trail: AsyncIterator[TrailEntry], selection: Selection) -> AsyncIterator[TrailEntry]:
    """The entries of a selection, without gaps in their chains.

    What follows the last entry of the time range waits, in case that one of the range comes after it.
    """
    chain, begun, waiting = "", False, list[TrailEntry]()
    ended = False
    async for entry in trail:
        if entry.chain != chain:
            chain, begun, ended, waiting = entry.chain, False, False, []
        if ended or not selection.has_chain(chain):
            continue
        at = _at(entry)
        begun = begun or selection.since is None or (at is not None and at >= selection.since)
        if not begun:
            continue
        waiting.append(entry)
        if at is None or selection.until is None or at < selection.until:
            for one in waiting:
                yield one
            waiting = []
        elif at > selection.until + _JITTER:
            ended = True


def canonical(members: Mapping[str, Any]) -> bytes:
    """What is signed of a manifest."""
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _at(entry: TrailEntry) -> datetime | None:
    """When the call began. None if the entry is damaged, which is exported as it is."""
    found = entry_of(entry.text)
    return found.at if found is not None else None


def _line(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False).encode() + b"\n"

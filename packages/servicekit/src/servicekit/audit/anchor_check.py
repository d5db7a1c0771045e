"""Compares an audit trail with its anchors, to find what the chains alone cannot show.

That is: entries deleted from the end, whole chains that were deleted, and chains that were rewritten with new hashes.
Anchors and trail may be larger than the memory: heads are kept in a temporary database, and the trail is read once.
"""

import sqlite3
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from servicekit.audit.anchor import InvalidAnchor, read_anchor
from servicekit.audit.anchor_keys import VerifyKeys
from servicekit.audit.cuts import Cut
from servicekit.audit.hash_chain import Findings
from servicekit.audit.trail import TrailEntry

_TABLES: Final = """
CREATE TABLE anchors (
    instance TEXT, sequence INTEGER, hash TEXT, previous TEXT, at TEXT, final INTEGER, interval_ms INTEGER, host TEXT,
    PRIMARY KEY (instance, sequence, hash)
) WITHOUT ROWID;
CREATE TABLE heads (chain TEXT, number INTEGER, hash TEXT, at TEXT, PRIMARY KEY (chain, number, hash)) WITHOUT ROWID;
"""
_LATE: Final = 3  # intervals without an anchor, after which a warning says so


class _Head(NamedTuple):
    number: int
    own: str
    at: str


class _Stored(NamedTuple):
    """An anchor in the temporary database."""

    instance: str
    host: str
    sequence: int
    own: str
    previous: str
    final: bool
    at: str
    interval_ms: int

    @property
    def late(self) -> datetime:
        """When the process should have written another anchor for long."""
        return _time(self.at) + timedelta(milliseconds=self.interval_ms) * _LATE


class AnchorCheck:
    """Anchors of one service, and what they show.

    Args:
        service: the service's name. Anchors of other services are skipped, as services may share a log.
        chains: prefixes of the chains to check; empty for all.
    """

    def __init__(self, service: str, keys: VerifyKeys, chains: tuple[str, ...] = ()) -> None:
        self._service, self._keys, self._chains = service, keys, chains or ("",)
        self._database = sqlite3.connect("")  # on disk, as far as it does not fit into its cache
        self._database.executescript(_TABLES)
        self._seen: set[str] = set()
        self.found: Final = Findings()

    def add(self, anchors: Iterable[tuple[str, str]]) -> None:
        """Add anchors, each with its place. Damaged and forged ones are problems; repeated ones are not."""
        for text, place in anchors:
            try:
                anchor, own = read_anchor(text, self._keys)
            except InvalidAnchor as problem:
                if f'"service":"{self._service}"' in text or '"service":' not in text:
                    self.found.add(f"anchor at {place} {problem}")
                continue
            if anchor.service != self._service:
                continue
            self._database.execute(
                "INSERT OR IGNORE INTO anchors VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    anchor.instance, anchor.sequence, own, anchor.previous, anchor.at, anchor.final,
                    anchor.interval_ms, anchor.host,
                ),
            )  # fmt: skip
            self._database.executemany(
                "INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?)",
                [
                    (chain, number, own, anchor.at)
                    for chain, (number, own) in anchor.heads.items()
                    if chain.startswith(self._chains)
                ],
            )

    def check_sequences(self, now: datetime) -> None:
        """Find anchors that are missing between others, and a service whose anchors ended."""
        newest = self._newest()
        if newest is None:
            self.found.add(f"no anchor of {self._service} is in the given files")
            return
        last_at, interval = newest
        rows = self._database.execute(
            "SELECT instance, host, sequence, hash, previous, final, at, interval_ms FROM anchors "
            "ORDER BY instance, sequence"
        )
        stored = (_Stored(*row) for row in rows)
        for (instance, host), anchors in groupby(stored, key=lambda anchor: (anchor.instance, anchor.host)):
            self._check_sequence(f"process {instance} on {host}", anchors, last_at)
        if now - last_at > interval * _LATE:
            self.found.warnings.append(
                f"the newest anchor of {self._service} was written at {_shown(last_at)}: the service has stopped "
                "since, or newer anchors are missing"
            )

    async def checked(self, trail: AsyncIterable[TrailEntry], cuts: Iterable[Cut] = ()) -> AsyncIterator[TrailEntry]:
        """The entries of a trail, compared with the anchors while they pass. At the end, what is missing is found."""
        removed: dict[str, int] = {}
        for cut in cuts:
            if cut.is_signed(self._keys):
                removed[cut.chain] = max(cut.number, removed.get(cut.chain, 0))
        async for entry in self.compared(trail, whole=True):
            yield entry
        for name, number, at in self._database.execute("SELECT chain, max(number), at FROM heads GROUP BY chain"):
            if name not in self._seen and removed.get(name, 0) < number:
                self.found.add(f"{name}: the whole chain is missing; #{number} was anchored at {at}")

    async def compared(self, trail: AsyncIterable[TrailEntry], *, whole: bool = False) -> AsyncIterator[TrailEntry]:
        """The entries of a part of a trail, compared with the anchors while they pass.

        Args:
            whole: the chains are not cut off, so that anchored entries after their ends are missing.
        """
        chain: _Chain | None = None
        async for entry in trail:
            if chain is None or chain.name != entry.chain:
                if chain is not None and whole:
                    chain.end()
                self._seen.add(entry.chain)
                chain = _Chain(entry.chain, self._heads(entry.chain), self.found)
            chain.check(entry)
            yield entry
        if chain is not None and whole:
            chain.end()

    def _check_sequence(self, name: str, anchors: Iterable[_Stored], newest: datetime) -> None:
        """Find what is missing among the anchors of one process, which come in order.

        Args:
            newest: the time of the newest anchor of any process.
        """
        before: _Stored | None = None
        for anchor in anchors:
            if before is None:
                if anchor.sequence > 1:
                    self.found.notes.append(
                        f"anchors #1 to #{anchor.sequence - 1} of {name} are not in the given files"
                    )
            elif anchor.sequence == before.sequence:
                self.found.add(f"anchor #{anchor.sequence} of {name} exists twice with different content")
            elif anchor.sequence > before.sequence + 1:
                self.found.add(f"anchors #{before.sequence + 1} to #{anchor.sequence - 1} of {name} are missing")
            elif anchor.previous != before.own:
                self.found.add(f"anchor #{anchor.sequence} of {name} does not follow from the one before it")
            before = anchor
        if before is not None and not before.final and before.late < newest:
            self.found.warnings.append(
                f"{name} wrote no last anchor after #{before.sequence} at {before.at}: it was killed, or its newest "
                "anchors are missing"
            )

    @property
    def summary(self) -> str | None:
        """How many anchors there are, and how new they are: later losses at the end of a chain are not found."""
        newest = self._newest()
        if newest is None:
            return None
        (count,) = self._database.execute("SELECT count(*) FROM anchors").fetchone()
        return f"Compared with {count} anchors, the newest of {_shown(newest[0])}."

    def _newest(self) -> tuple[datetime, timedelta] | None:
        row = self._database.execute("SELECT at, interval_ms FROM anchors ORDER BY at DESC LIMIT 1").fetchone()
        return (_time(row[0]), timedelta(milliseconds=row[1])) if row is not None else None

    def _heads(self, chain: str) -> Iterator[_Head]:
        rows = self._database.execute("SELECT number, hash, at FROM heads WHERE chain = ? ORDER BY number", (chain,))
        return (_Head(*row) for row in rows)


class _Chain:
    """One chain of the trail beside its anchored heads, both in the order of their numbers."""

    def __init__(self, name: str, heads: Iterator[_Head], found: Findings) -> None:
        self.name = name
        self._heads, self._found = heads, found
        self._next = next(heads, None)
        self._matched = 0
        self._last = 0
        self._rewritten = False

    def check(self, entry: TrailEntry) -> None:
        """Compare an entry with the head of its number. A head before it was removed, which `verify` judges."""
        self._last = max(self._last, entry.number)
        while self._next is not None and self._next.number <= entry.number:
            if self._next.number == entry.number:
                self._compare(self._next, entry)
            self._next = next(self._heads, None)

    def end(self) -> None:
        """Find anchored entries after the last one of the trail."""
        newest = self._next
        for newest in self._heads:  # noqa: B007
            pass
        if newest is not None and newest.number > self._last:
            self._found.add(
                f"{self.name} #{self._last + 1} to #{newest.number}: missing at the end of the chain; "
                f"#{newest.number} was anchored at {newest.at}"
            )

    def _compare(self, head: _Head, entry: TrailEntry) -> None:
        if head.own == entry.own.hex():
            self._matched = head.number
        elif not self._rewritten:  # the hashes of all later entries differ, too
            self._rewritten = True
            self._found.add(
                f"{self.name} #{head.number}: differs from the hash that was anchored at {head.at}; the chain was "
                f"rewritten from between #{self._matched + 1} and #{head.number} on"
            )


def _time(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

"""The hash chain of an audit trail: each entry holds the hash of the previous one, so that changes are detected."""

import hashlib
import json
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic_core import to_json

from servicekit.audit.anchor_keys import VerifyKeys
from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.trail import TrailEntry

GENESIS: Final = bytes(32)
"""The previous hash of the first entry of a chain."""

MOST_PROBLEMS: Final = 1000
"""The most problems of a verification that are kept."""

_AUTH_METHOD: Final = "way_in"
"""The key of `AuditEntry.auth_method` in the stored text. The hash covers it, so it cannot be renamed."""


def serialise_entry(entry: AuditEntry) -> str:
    """The text of an entry that is hashed and stored."""
    if entry.text is None:
        members = {
            "at": entry.at.isoformat(),
            "tenant": entry.tenant,
            "subject": entry.subject,
            "client_id": entry.client_id,
            _AUTH_METHOD: entry.auth_method,
            "operation": entry.operation,
            "outcome": entry.outcome,
            **entry.details,
        }
        entry.text = to_json(members).decode()
    return entry.text


def searched_members(tenant: str, subject: str) -> str:
    """The part of an entry's text that names its user, to search texts for it."""
    return to_json({"tenant": tenant, "subject": subject}).decode()[1:-1] + ","


def parse_entry(text: str) -> AuditEntry:
    """The inverse of `serialise_entry`."""
    fields = json.loads(text)
    at, auth_method = datetime.fromisoformat(fields.pop("at")), fields.pop(_AUTH_METHOD)
    known = {name: fields.pop(name) for name in ("tenant", "subject", "client_id", "operation", "outcome")}
    return AuditEntry(at=at, auth_method=auth_method, details=fields, **known)


def entry_of(text: str) -> AuditEntry | None:
    """The entry in a stored text. None if the text was damaged or changed into one that no service wrote."""
    try:
        entry = parse_entry(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return entry if entry.at.tzinfo is not None else None


def entry_hash(previous: bytes, chain: str, number: int, text: str) -> bytes:
    """SHA-256 over the previous hash, the chain, the number and the text of an entry."""
    return hashlib.sha256(b"\x1f".join((previous, chain.encode(), str(number).encode(), text.encode()))).digest()


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification.

    Attributes:
        entries: number of entries read.
        problems: each as ``chain #number: problem``; the first `MOST_PROBLEMS` of them.
        more: number of further problems.
        notes: what is no problem, such as entries that retention removed.
        heads: the last hash of each chain, to compare with one stored elsewhere.
    """

    entries: int
    problems: list[str]
    more: int
    notes: list[str]
    heads: dict[str, str]


async def verify(
    trail: AsyncIterable[TrailEntry], cuts: Iterable[Cut] = (), keys: VerifyKeys | None = None
) -> Verification:
    """Verify every chain and report missing, reordered and changed entries.

    Args:
        trail: every entry, chain by chain, in order.
        cuts: what retention removed. A chain may begin after one of them.
        keys: the keys that signed the cuts; None leaves the signatures unchecked, which a note says.
    """
    check = ChainCheck(cuts, keys)
    async for entry in trail:
        check.add(entry)
    return check.result()


class Findings:
    """The problems of a verification, of which the first `MOST_PROBLEMS` are kept: a trail may be broken all over."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.more = 0
        self.warnings: list[str] = []
        self.notes: list[str] = []

    def add(self, problem: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self.more += 1


class ChainCheck:
    """Verifies a trail entry by entry.

    Args:
        cuts, keys: see `verify`.
        partial: the trail is a part, so that chains may begin anywhere.
    """

    def __init__(self, cuts: Iterable[Cut] = (), keys: VerifyKeys | None = None, *, partial: bool = False) -> None:
        self._cuts = {(cut.chain, cut.number): cut for cut in cuts}
        self._keys, self._partial = keys, partial
        self._found = Findings()
        self._last: dict[str, tuple[int, bytes]] = {}
        self._entries = 0

    def add(self, entry: TrailEntry) -> None:
        """Verify the next entry."""
        chain, number, text, previous, own, _ = entry
        place, found = f"{chain} #{number}", self._found
        self._entries += 1
        before, head = self._last[chain] if chain in self._last else self._beginning(entry)
        if number <= before:
            found.add(f"{place}: is out of order, after #{before}")
        elif number != before + 1:
            found.add(f"{place}: {number - before - 1} entries are missing before it")
        elif previous != head:
            found.add(f"{place}: its previous hash does not match the entry before it")
        if entry_hash(previous, chain, number, text) != own:
            found.add(f"{place}: its content does not match its hash")
        for name in entry.differing_columns():
            found.add(f"{place}: its column {name} does not match its content")
        self._last[chain] = (number, own)

    def result(self) -> Verification:
        """What was found in the entries so far."""
        heads = {chain: head.hex() for chain, (_, head) in sorted(self._last.items())}
        return Verification(self._entries, self._found.problems, self._found.more, self._found.notes, heads)

    def _beginning(self, first: TrailEntry) -> tuple[int, bytes]:
        """Number and hash that come before the first entry of a chain."""
        if self._partial:
            return first.number - 1, first.previous
        cut = self._cuts.get((first.chain, first.number - 1))
        if cut is None:
            return 0, GENESIS
        removed = f"{cut.chain} #1 to #{cut.number}: removed by retention on {cut.at:%Y-%m-%d %H:%M} UTC"
        if self._keys is None:
            self._found.notes.append(f"{removed}; the signature of this cut was not checked")
        elif cut.is_signed(self._keys):
            self._found.notes.append(removed)
        else:
            self._found.add(f"{removed}, but no known key signed this cut")
        return cut.number, cut.own

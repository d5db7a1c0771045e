"""The hash chain of an audit trail: each entry holds the hash of the one before, so that none can be changed alone."""

import hashlib
import json
from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from servicekit.journal.protocol import AuditEntry

GENESIS: Final = bytes(32)
"""What stands for the hash before the first entry of a chain."""

_AUTH_METHOD: Final = "way_in"
"""The key of `AuditEntry.auth_method` in the stored text: a hash covers it, so it keeps its first name."""


def serialise_entry(entry: AuditEntry) -> str:
    """An entry as the text that is hashed and kept."""
    return json.dumps(
        {
            "at": entry.at.isoformat(),
            "tenant": entry.tenant,
            "subject": entry.subject,
            "client_id": entry.client_id,
            _AUTH_METHOD: entry.auth_method,
            "operation": entry.operation,
            "outcome": entry.outcome,
            **entry.details,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def parse_entry(text: str) -> AuditEntry:
    """The entry that `serialise_entry` wrote down."""
    fields = json.loads(text)
    at, auth_method = datetime.fromisoformat(fields.pop("at")), fields.pop(_AUTH_METHOD)
    known = {name: fields.pop(name) for name in ("tenant", "subject", "client_id", "operation", "outcome")}
    return AuditEntry(at=at, auth_method=auth_method, details=fields, **known)


def entry_hash(previous: bytes, chain: str, number: int, text: str) -> bytes:
    """The hash of an entry: over the one before it, its chain, its number and its text."""
    return hashlib.sha256(b"\x1f".join((previous, chain.encode(), str(number).encode(), text.encode()))).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.

    Attributes:
        entries: how many were read.
        problems: each broken place as ``chain #number: what is wrong``.
        heads: the last hash of each chain, to be compared with one noted elsewhere.
    """

    entries: int
    problems: list[str]
    heads: dict[str, str]


async def verify(trail: AsyncIterable[tuple[str, int, str, bytes, bytes]]) -> Verdict:
    """Walk every chain and name each entry that is not what it was when it was written."""
    problems: list[str] = []
    last: dict[str, tuple[int, bytes]] = {}
    entries = 0
    async for chain, number, text, previous, own in trail:
        entries += 1
        before, head = last.get(chain, (0, GENESIS))
        if number != before + 1:
            problems.append(f"{chain} #{number}: {number - before - 1} entries before it are missing")
        elif previous != head:
            problems.append(f"{chain} #{number}: it does not follow the entry before it")
        if entry_hash(previous, chain, number, text) != own:
            problems.append(f"{chain} #{number}: it was changed after it was written")
        last[chain] = (number, own)
    return Verdict(entries, problems, {chain: head.hex() for chain, (_, head) in sorted(last.items())})

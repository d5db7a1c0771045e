"""The hash chain of an audit trail: each entry holds the hash of the previous one, so that changes are detected."""

import hashlib
import json
from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic_core import to_json

from servicekit.journal.protocol import AuditEntry
from servicekit.journal.trail import TrailEntry

GENESIS: Final = bytes(32)
"""The previous hash of the first entry of a chain."""

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


def parse_entry(text: str) -> AuditEntry:
    """The inverse of `serialise_entry`."""
    fields = json.loads(text)
    at, auth_method = datetime.fromisoformat(fields.pop("at")), fields.pop(_AUTH_METHOD)
    known = {name: fields.pop(name) for name in ("tenant", "subject", "client_id", "operation", "outcome")}
    return AuditEntry(at=at, auth_method=auth_method, details=fields, **known)


def entry_hash(previous: bytes, chain: str, number: int, text: str) -> bytes:
    """SHA-256 over the previous hash, the chain, the number and the text of an entry."""
    return hashlib.sha256(b"\x1f".join((previous, chain.encode(), str(number).encode(), text.encode()))).digest()


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification.

    Attributes:
        entries: number of entries read.
        problems: each as ``chain #number: problem``.
        heads: the last hash of each chain, to compare with one stored elsewhere.
    """

    entries: int
    problems: list[str]
    heads: dict[str, str]


async def verify(trail: AsyncIterable[TrailEntry]) -> Verification:
    """Verify every chain and report missing, reordered and changed entries."""
    problems: list[str] = []
    last: dict[str, tuple[int, bytes]] = {}
    entries = 0
    async for entry in trail:
        chain, number, text, previous, own, _ = entry
        entries += 1
        before, head = last.get(chain, (0, GENESIS))
        if number != before + 1:
            problems.append(f"{chain} #{number}: {number - before - 1} entries are missing before it")
        elif previous != head:
            problems.append(f"{chain} #{number}: its previous hash does not match the entry before it")
        if entry_hash(previous, chain, number, text) != own:
            problems.append(f"{chain} #{number}: its content does not match its hash")
        problems.extend(
            f"{chain} #{number}: its column {name} does not match its content" for name in entry.differing_columns()
        )
        last[chain] = (number, own)
    return Verification(entries, problems, {chain: head.hex() for chain, (_, head) in sorted(last.items())})

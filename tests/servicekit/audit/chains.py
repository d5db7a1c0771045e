"""Audit chains in memory."""

from collections.abc import AsyncIterator, Sequence

from servicekit.audit.hash_chain import GENESIS, entry_hash
from servicekit.audit.trail import TrailEntry


def chain_of(count: int, chain: str = "acme/0", words: str = "text") -> list[TrailEntry]:
    """A whole chain."""
    return chained(chain, [f"{words} {number}" for number in range(1, count + 1)])


def renumbered(entries: Sequence[TrailEntry]) -> list[TrailEntry]:
    """The entries as a chain without a fault, as an attacker computes it who can change all of them."""
    return chained(entries[0].chain, [entry.text for entry in entries])


def chained(chain: str, texts: Sequence[str]) -> list[TrailEntry]:
    """The chain of these texts."""
    entries, head = list[TrailEntry](), GENESIS
    for number, text in enumerate(texts, start=1):
        own = entry_hash(head, chain, number, text)
        entries.append(TrailEntry(chain, number, text, head, own))
        head = own
    return entries


async def stream(entries: Sequence[TrailEntry]) -> AsyncIterator[TrailEntry]:
    """The entries of a trail."""
    for entry in entries:
        yield entry

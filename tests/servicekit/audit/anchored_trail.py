"""A trail of two chains with its anchors, and the check that compares them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from servicekit.audit.anchor import AnchorSeries
from servicekit.audit.anchor_check import AnchorCheck
from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.hash_chain import verify
from servicekit.audit.heads import Heads
from servicekit.audit.trail import TrailEntry
from tests.servicekit.audit.chains import chain_of, stream

KEYS = AnchorKeys(["k" * 32])
Entries = list[TrailEntry]


def series(
    instance: str = "one", keys: AnchorKeys = KEYS, service: str = "orders", interval: float = 60
) -> AnchorSeries:
    return AnchorSeries(keys, service=service, host="orders-0", instance=instance, interval=interval)


def anchored(*parts: Sequence[TrailEntry], writer: AnchorSeries | None = None) -> list[str]:
    """An anchor after each part of a trail, and a last one."""
    writer, texts = writer or series(), list[str]()
    for index, part in enumerate(parts):
        heads = Heads()
        for entry in part:
            heads.advanced(entry.chain, entry.number, entry.own)
        texts += writer.texts(heads.take(), final=index == len(parts) - 1)
    return texts


def check_of(texts: Sequence[str], now: datetime | None = None, chains: tuple[str, ...] = ()) -> AnchorCheck:
    check = AnchorCheck("orders", KEYS, chains)
    check.add((text, f"log:{number}") for number, text in enumerate(texts, 1))
    check.check_sequences(now or datetime.now(UTC))
    return check


async def problems(check: AnchorCheck, trail: Entries) -> list[str]:
    """Everything that `audit verify` would print as broken."""
    verdict = await verify(check.checked(stream(trail)))
    return [*verdict.problems, *check.found.problems]


ACME, GLOBEX = chain_of(20, "acme/0"), chain_of(7, "globex/0")
PARTS = (ACME[:8] + GLOBEX[:3], ACME[8:16] + GLOBEX[3:], ACME[16:])

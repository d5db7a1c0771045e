"""Orders and stock under concurrent callers: thousands of interleavings, one statement at a time.

`INTERLEAVINGS` sets how many (`make races N=10000`), `SEED` repeats a run, `ONLY` repeats one interleaving of it; the
seed is printed. Where three or more actors wait for one row, Postgres chooses the next, so a repeat may differ there.
"""

import os
import random
import time
from typing import Final

import pytest

from devkit.stores.databases import DatabaseUrls

from .interleavings import races

INTERLEAVINGS: Final = int(os.environ.get("INTERLEAVINGS") or 40)
SEED: Final = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
ONLY: Final = os.environ.get("ONLY")


async def test_no_interleaving_breaks_money_or_stock(own: DatabaseUrls) -> None:
    print(f"SEED={SEED} INTERLEAVINGS={INTERLEAVINGS}")
    numbers = [int(ONLY)] if ONLY else range(INTERLEAVINGS)
    began, broken = time.perf_counter(), None
    async with races(own) as made:
        for number in numbers:
            if broken := (await made.run(SEED, number)).report:
                break
        print(made.summary(), f"{time.perf_counter() - began:.0f} s", sep="\n")
    if broken:
        pytest.fail(f"SEED={SEED} ONLY={number}: {broken}", pytrace=False)


async def test_a_seed_repeats_its_interleavings(own: DatabaseUrls) -> None:
    async with races(own) as made:
        runs = [[(await made.run(7, number)).steps for number in range(16)] for _ in range(2)]
    # Of two actors, one at most waits for a lock. Of several that wait for one row, Postgres chooses the next.
    pairs = [both for both in zip(*runs, strict=True) if all(len(set(steps)) <= 2 for steps in both)]
    assert len(pairs) >= 4
    assert all(first == second for first, second in pairs)

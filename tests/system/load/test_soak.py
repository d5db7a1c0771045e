"""Many mixed calls: what the process holds does not grow with what it has done.

`N` sets how many: 100 000 is the full size.
"""

import asyncio
import multiprocessing
import random
import time
from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.testing import PostgresServer

from .counted import serve_counted
from .orders_server import TENANTS, OrdersServer, orders_server
from .sizes import chance, size

CALLS = size(3000)
CALLERS = 20
WARM = 0.3
"""Share of the run that fills caches and pools, and does not count."""
SLOPE = 4.0
"""MiB of resident memory for 10 000 calls, at most; a leak of 1 KiB a call is 10."""
SAMPLES = 20


@dataclass(frozen=True)
class Sample:
    """What the process holds after so many calls."""

    calls: int
    mebibytes: float
    descriptors: int
    tasks: int


async def some_calls(site: OrdersServer, luck: random.Random, caller: int, count: int) -> None:
    tenant = TENANTS[caller % 2]
    wire = site.wire(tenant, f"caller-{caller}")
    for _ in range(count):
        status, _ = await wire.call(*site.some_call(luck, tenant))
        assert status in (200, 400), "whatever is asked, the server does not fail"
    wire.cut()


async def sampled(site: OrdersServer, luck: random.Random, tasks: Any) -> list[Sample]:
    samples = list[Sample]()
    each = max(1, CALLS // (SAMPLES * CALLERS))
    for number in range(1, SAMPLES + 1):
        await asyncio.gather(*(some_calls(site, luck, caller, each) for caller in range(CALLERS)))
        await asyncio.sleep(0.3)  # connections that were closed are noticed, and tasks counted
        size_, descriptors = site.resources()
        samples.append(Sample(number * each * CALLERS, size_ / 2**20, descriptors, tasks.value))
    return samples


@pytest.mark.slow
def test_nothing_grows(postgres: PostgresServer, valkey_url: str, issuer: RunningIssuer) -> None:
    luck, tasks = chance(), multiprocessing.get_context("forkserver").Value("i", 0)
    with orders_server(postgres.admin_url, issuer, serve_counted, tasks, redis_url=valkey_url) as site:
        started = time.monotonic()
        with asyncio.Runner() as runner:
            samples = runner.run(sampled(site, luck, tasks))
        seconds = time.monotonic() - started
    warm = samples[int(SAMPLES * WARM) :]
    slope = linear_regression([s.calls for s in warm], [s.mebibytes for s in warm]).slope * 10_000
    half = len(warm) // 2
    early, late = warm[:half], warm[half:]
    print(
        f"{samples[-1].calls} mixed calls in {seconds:.0f} s: resident {warm[0].mebibytes:.1f} to "
        f"{warm[-1].mebibytes:.1f} MiB ({slope:+.2f} MiB for 10 000 calls), descriptors "
        f"{median(s.descriptors for s in early):.0f} to {median(s.descriptors for s in late):.0f}, tasks "
        f"{median(s.tasks for s in early):.0f} to {median(s.tasks for s in late):.0f}"
    )
    if CALLS >= 20_000:  # below that the allocator's steps are larger than what is measured
        assert slope < SLOPE
    assert warm[-1].mebibytes < warm[0].mebibytes + 20
    assert median(s.descriptors for s in late) <= median(s.descriptors for s in early) + 2
    assert median(s.tasks for s in late) <= median(s.tasks for s in early) + 2

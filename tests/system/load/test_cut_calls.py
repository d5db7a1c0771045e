"""Calls cut at random moments, by two tenants at once: no foreign byte in any answer, and everything idle afterwards.

A fifth of `N` are made: 20 000 is the full size (N=100000).
"""

import asyncio
import json
import random
from collections import Counter

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.testing import PostgresServer

from .orders_server import TENANTS, OrdersServer, orders_server
from .sizes import chance, size

CALLS = size(1000, 0.2)
CALLERS = 16
CUT = 0.7
"""Share of the calls that are cut."""
LATEST = 0.05  # seconds after which one is cut at most; most calls take less
_BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename <> 'postgres' AND state <> 'idle'
"""


async def some_calls(site: OrdersServer, luck: random.Random, caller: int, ends: Counter[str]) -> None:
    tenant = TENANTS[caller % 2]
    wire = site.wire(tenant, f"caller-{caller}")
    for _ in range(CALLS // CALLERS):
        asked = wire.call(*site.some_call(luck, tenant))
        try:
            async with asyncio.timeout(luck.random() * LATEST if luck.random() < CUT else None):
                status, message = await asked
        except TimeoutError:  # the connection is hung up with it
            ends["cut"] += 1
            continue
        ends[f"answered {status}"] += 1
        assert status in (200, 400)
        foreign = site.foreign(tenant, json.dumps(message))
        assert not foreign, f"{tenant} received {foreign}"
    wire.cut()


async def all_calls(site: OrdersServer, luck: random.Random) -> Counter[str]:
    ends = Counter[str]()
    await asyncio.gather(*(some_calls(site, luck, caller, ends) for caller in range(CALLERS)))
    return ends


async def idle(site: OrdersServer) -> None:
    """Return when no connection of the server works in Postgres any more; then a crowd is served at once."""
    for _ in range(200):
        if (await site.rows(_BUSY))[0][0] == 0:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("a connection of the server still works in Postgres")
    wires = [site.wire(TENANTS[caller % 2], "after") for caller in range(20)]
    answers = await asyncio.gather(*(wire.call("search_orders", {"limit": 1}) for wire in wires))
    for wire, (status, message) in zip(wires, answers, strict=True):
        assert status == 200
        assert not message["result"].get("isError"), message
        wire.cut()


@pytest.mark.slow
def test_cut_calls_leave_nothing_behind(postgres: PostgresServer, valkey_url: str, issuer: RunningIssuer) -> None:
    luck = chance()
    with orders_server(postgres.admin_url, issuer, redis_url=valkey_url) as site, asyncio.Runner() as runner:
        # A search for what an answer must not have would find nothing in a server without data.
        assert all(len(site.own[tenant]) > 50 for tenant in TENANTS)
        ends = runner.run(all_calls(site, luck))
        runner.run(idle(site))
    print(f"{ends.total()} calls of 2 tenants: {dict(ends)}; no foreign byte, pool idle")
    assert ends["cut"] > ends.total() * 0.05
    assert ends["answered 200"] > ends.total() * 0.05

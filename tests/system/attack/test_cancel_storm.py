"""Calls cancelled at random moments, reads and writes: nothing half done, nothing held, and a retry finishes each."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from tests.system.load.sizes import SEED
from tests.system.load.wire import text_of

from .fleet import Fleet
from .idle import Watched, start_watched
from .report import REPORT, Suite
from .sizes import share
from .writes import WITH_DATABASE, Write, Writes, counting, effects, is_done, perform

CALLS = share(0.01)
"""For each server; half of them write."""
CLIENTS = 20
REPEATED = {"orders": "create_draft_order", "ticketing": "create_ticket"}
"""Tools that may be called any number of times at once, with one effect each."""
READS = {"orders": ("search_orders", {"limit": 20}), "ticketing": ("search_tickets", {"query": "printer", "limit": 20})}


async def crowd_seconds(watched: Watched, write: Write) -> float:
    """Seconds that a write of every client takes, all at once; pools and caches are filled then too."""
    wires = [watched.server.wire() for _ in range(CLIENTS)]
    for _ in range(2):
        await asyncio.gather(*(wire.call(*READS[watched.server.name]) for wire in wires))
        started = time.monotonic()
        await asyncio.gather(*(wire.call(write.tool, write.keyed()) for wire in wires))
    for wire in wires:
        wire.cut()
    return time.monotonic() - started


async def storm(watched: Watched, write: Write, latest: float, chance: random.Random) -> list[dict[str, Any]]:
    """Make the calls, cancel each at a random moment, and give the arguments of those that write."""
    writes = list[dict[str, Any]]()
    left = iter(range(CALLS))

    async def client() -> None:
        wire = watched.server.wire()
        for number in left:
            tool, arguments = READS[watched.server.name]
            if number % 2:
                tool, arguments = write.tool, write.keyed()
                writes.append(arguments)
            with suppress(TimeoutError):
                async with asyncio.timeout(chance.random() * latest):
                    await wire.call(tool, arguments)
        wire.cut()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return writes


async def attack(watched: Watched, connection: asyncpg.Connection, suite: Suite) -> None:
    server, chance = watched.server, random.Random(SEED)
    wire = server.wire()
    calls = await Writes(server, wire, connection).of_each_tool()
    write = next(one for one in calls if one.tool == REPEATED[server.name])
    before = await effects(server, connection)
    assert is_done(await perform(wire, write, write.keyed()))
    each = await effects(server, connection) - before
    await crowd_seconds(watched, write)
    await asyncio.sleep(0.5)  # tasks are counted ten times a second
    held, latest = watched.held, 1.5 * await crowd_seconds(watched, write)
    before = await effects(server, connection)
    writes = await storm(watched, write, latest, chance)
    suite.case(CALLS)
    await watched.settled(suite, held, connection, f"{server.name} after a storm")
    done = (await effects(server, connection) - before) / each
    suite.check(0 < done < len(writes) or CALLS < 100, f"{done} of {len(writes)} writes took effect: no storm")
    suite.check(done == int(done), f"{server.name}: {done} writes are there: one is half done")
    for arguments in writes:
        _, message = await wire.call(write.tool, arguments)
        suite.check(is_done(message), "a retry failed", f"{arguments} {text_of(message)}")
    added = await effects(server, connection) - before
    suite.check(added == len(writes) * each, f"{server.name}: {added} rows of {len(writes)} writes, {each} each")
    suite.notes.append(f"{server.name}: {CALLS} calls, {done:.0f} of {len(writes)} writes took effect before the retry")
    wire.cut()


@pytest.fixture(params=WITH_DATABASE)
def watched(request: pytest.FixtureRequest, fleet: Fleet) -> Any:
    watched = start_watched(fleet, request.param)
    yield watched
    watched.server.victim.kill()


@pytest.mark.slow
async def test_cancelled_calls_leave_nothing_half_done(watched: Watched) -> None:
    with REPORT.suite("cancel_storm") as suite:
        async with counting(watched.server) as connection:
            await attack(watched, connection, suite)

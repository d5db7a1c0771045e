"""Concurrent writes of one tenant go to chains of their own, none of which forks or loses an entry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from servicekit.audit.postgres import AuditLog
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import audit_lane_wait
from tests.servicekit.apps.writes_database import WritesDatabase

from .audit_entries import NOVEMBER, append, append_write, entries, write_in, writer

DECEMBER = datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)
Log = tuple[Database, AuditLog]


@pytest.fixture
async def log(writes: WritesDatabase) -> AsyncIterator[Log]:
    async with writer(writes) as made:
        yield made


async def chains(writes: WritesDatabase) -> list[int]:
    """The number of entries in each chain."""
    query = "SELECT count(*) FROM {schema}.audit_log GROUP BY tenant_id, month, lane ORDER BY 1"
    return [row[0] for row in await writes.rows(query)]


def lane_waits() -> int:
    """The number of writes that looked for a lane."""
    return sum(sum(tally.counts) for tally in audit_lane_wait.tallies())


async def whole(writes: WritesDatabase) -> int:
    """The number of entries, all in whole chains."""
    verdict = await writes.verdict()
    assert verdict.problems == []
    return verdict.entries


async def roll_back(log: Log) -> None:
    """A write that fails after its entry."""

    async def fail() -> None:
        async with log[0].tenant_transaction("acme") as connection:
            await write_in(log, connection, *entries())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


async def test_a_write_does_not_wait_for_another_of_its_tenant(writes: WritesDatabase, log: Log) -> None:
    async with AsyncExitStack() as open_transactions:
        for _ in range(24):
            connection = await open_transactions.enter_async_context(log[0].tenant_transaction("acme"))
            await asyncio.wait_for(write_in(log, connection, *entries()), timeout=10)
    assert (await whole(writes), sum(await chains(writes))) == (24, 24)


async def test_writes_one_after_the_other_make_one_chain(writes: WritesDatabase, log: Log) -> None:
    for _ in range(5):
        await append_write(log, *entries())
        await append(log, entries(2))
    assert (await whole(writes), await chains(writes)) == (15, [15])


async def test_a_chain_that_another_replica_continued_is_left_to_it(writes: WritesDatabase, log: Log) -> None:
    await append_write(log, *entries())
    lane = (await writes.rows("SELECT lane FROM {schema}.audit_log"))[0][0]
    async with writer(writes) as other:
        async with other[0].tenant_transaction("acme") as connection:
            query = "SELECT accounts.append_audit('acme', '2026-11-01', $1, '{ann}', $2, $3)"
            ((entry, text),) = entries()
            await connection.execute(query, [entry.at], [text], lane)
        waits = lane_waits()
        await append_write(log, *entries())
        await append_write(log, *entries())
    assert lane_waits() == waits + 1, "only the first looked for a lane"
    assert await whole(writes) == 4
    assert await chains(writes) in ([2, 2], [4])  # one time in 256, the other lane is the same


async def test_replicas_on_one_lane_make_no_fork(writes: WritesDatabase, log: Log) -> None:
    (definition,) = (await writes.rows("SELECT pg_get_functiondef('{schema}.append_audit'::regproc)"))[0]
    assert "random() * 256" in definition
    await writes.rows(definition.replace("random() * 256", "random() * 1"))
    async with writer(writes) as other:
        for _ in range(3):
            await asyncio.gather(*(append_write(one, *entries()) for one in (log, other) for _ in range(20)))
    assert (await whole(writes), await chains(writes)) == (120, [120])


async def test_what_is_rolled_back_leaves_its_chain_whole(writes: WritesDatabase, log: Log) -> None:
    await append_write(log, *entries())
    await roll_back(log)
    await append_write(log, *entries())
    assert (await whole(writes), await chains(writes)) == (2, [2])


async def test_heads_advance_after_the_commit_only(log: Log) -> None:
    async with log[0].tenant_transaction("acme") as connection:
        await write_in(log, connection, *entries())
        assert dict(log[1].heads.take()) == {}
    ((chain, head),) = log[1].heads.take().items()
    assert (chain.rpartition("/")[0], head.number, len(head.own)) == ("acme/2026-11", 1, 32)
    await roll_back(log)
    assert dict(log[1].heads.take()) == {}


@pytest.mark.parametrize("at", [datetime(2001, 2, 28, tzinfo=UTC), datetime(2031, 12, 31, 23, 59, 59, 999999, UTC)])
async def test_a_month_without_a_partition_stops_no_write(writes: WritesDatabase, log: Log, at: datetime) -> None:
    await asyncio.gather(*(append_write(log, *entries(at=at)) for _ in range(10)))
    await append(log, entries(at=at))
    assert await whole(writes) == 11
    partition = f"audit_log_{at:%Y_%m}"
    assert (await writes.rows("SELECT count(*) FROM {schema}." + partition))[0][0] == 11


async def test_a_batch_over_the_end_of_a_month_is_in_both(writes: WritesDatabase, log: Log) -> None:
    await append(log, [*entries(2), *entries(3, at=DECEMBER), *entries(1)])
    assert (await whole(writes), await chains(writes)) == (6, [3, 3])


async def test_an_entry_from_before_the_month_began_is_kept_in_its_own(writes: WritesDatabase, log: Log) -> None:
    for at in (DECEMBER, NOVEMBER, DECEMBER, NOVEMBER):
        await append_write(log, *entries(at=at))
    assert (await whole(writes), await chains(writes)) == (4, [2, 2])


async def test_a_long_batch_is_one_chain(writes: WritesDatabase, log: Log) -> None:
    await append(log, entries(3000, at=datetime(2026, 11, 1, tzinfo=UTC)))
    await append(log, [])
    assert (await whole(writes), await chains(writes)) == (3000, [3000])


async def test_a_connection_remembers_a_limited_number_of_lanes(writes: WritesDatabase, log: Log) -> None:
    for number in range(120):
        tenant = f"tenant-{number // 2}"
        await append_write(log, *entries(tenant=tenant, at=NOVEMBER if number % 2 else DECEMBER), tenant=tenant)
    async with log[0].tenant_transaction("acme") as connection:
        remembered: int = len(connection.remembered)  # type: ignore[attr-defined]
    assert (await whole(writes), remembered) == (120, 20)

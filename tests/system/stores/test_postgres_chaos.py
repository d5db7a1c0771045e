"""Postgres is killed, promoted, demoted, exhausted and given new passwords under 50 callers of two tenants."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from devkit.issuer.testing import RunningIssuer

from .orders_pair import OrdersPair, orders_pair, run, seed
from .postgres_versions import PostgresCluster
from .site import Stores

pytestmark = pytest.mark.slow

Happening = Callable[[], Awaitable[None]]

SURVIVES = {"synchronous_commit": "on"}
"""With it, a killed server keeps what it acknowledged."""


async def kill_and_restart(primary: PostgresCluster) -> None:
    await asyncio.to_thread(primary.process.kill)
    await asyncio.to_thread(primary.process.start)


async def end_backends(primary: PostgresCluster) -> None:
    await primary.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'orders_%'")


async def exhaust(primary: PostgresCluster, url: str) -> None:
    """Others take every connection for 2 s, while the servers' own are ended twice."""
    others = list[Any]()
    try:
        for turn in range(2):
            await end_backends(primary) if turn == 0 else None
            try:
                while True:
                    others.append(await asyncpg.connect(url, timeout=5))
            except asyncpg.PostgresError:
                await asyncio.sleep(1)
    finally:
        for other in others:
            other.terminate()


async def demote_and_promote(primary: PostgresCluster) -> None:
    """It becomes a standby, which refuses writes, for 2 s."""
    await asyncio.to_thread(primary.process.stop)
    (primary.server.data / "standby.signal").touch()
    await asyncio.to_thread(primary.process.start)
    await asyncio.sleep(2)
    await primary.promote()


def verdict(primary: PostgresCluster, pair: OrdersPair, luck: random.Random, events: dict[str, Happening]) -> list[str]:
    """What breaks the rules in a row of events."""

    async def scene() -> list[str]:
        crowd = await pair.crowd(luck)
        async with crowd.calling():
            for name, happening in events.items():
                await crowd.during(name, happening)
        return await pair.judge(crowd, primary.admin_url)

    problems: list[str] = run(scene)
    return problems


def test_no_call_fails_twice_while_one_postgres_fails(
    stores: Stores, issuer: RunningIssuer, luck: random.Random
) -> None:
    primary = stores.postgres(options={**SURVIVES, "max_connections": "60"})
    urls = seed(primary.admin_url)
    events: dict[str, Happening] = {
        "Postgres killed and restarted": lambda: kill_and_restart(primary),
        "every backend ended": lambda: end_backends(primary),
        "no connection left for 2 s": lambda: exhaust(primary, urls.reader),
        "demoted to a standby, promoted after 2 s": lambda: demote_and_promote(primary),
    }
    with orders_pair(issuer, primary.admin_url, urls) as pair:
        assert verdict(primary, pair, luck, events) == []

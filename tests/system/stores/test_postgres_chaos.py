"""Postgres is killed, promoted, demoted, exhausted and given new passwords under 50 callers of two tenants.

A call fails only while Postgres cannot serve it. Its retry as advised ("in a few seconds": after 5 s) succeeds once
Postgres is back; a retry before that is counted as early, and sent again. A write whose attempts all failed may have
taken effect once; every other write has taken effect exactly once.
"""

import asyncio
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import password_of
from servicekit.settings.file_secret import FileSecret

from .crowd import FULL, Happening
from .orders_pair import OrdersPair, at, orders_pair, run, seed
from .postgres_versions import PostgresCluster
from .site import Stores

pytestmark = pytest.mark.slow

SURVIVES = {"synchronous_commit": "on"}
"""With it, a killed server keeps what it acknowledged."""


@pytest.fixture(scope="module")
def primary() -> Iterator[PostgresCluster]:
    """A primary with the data of both tenants."""
    with Stores() as stores:
        yield stores.postgres(options=SURVIVES)


@pytest.fixture(scope="module")
def urls(primary: PostgresCluster) -> DatabaseUrls:
    return seed(primary.admin_url)


async def kill_and_restart(primary: PostgresCluster) -> None:
    await asyncio.to_thread(primary.process.kill)
    await asyncio.to_thread(primary.process.start)


async def end_backends(primary: PostgresCluster) -> None:
    await primary.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'orders_%'")


async def exhaust(primary: PostgresCluster, url: str) -> None:
    """The servers' connections are ended, and others take every one for 2 s."""
    others = list[Any]()
    try:
        await end_backends(primary)
        for _ in range(2):
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


def verdict(pair: OrdersPair, luck: random.Random, events: dict[str, Happening], last: PostgresCluster) -> list[str]:
    """What breaks the rules in a row of events. `last` has the data at the end."""

    async def scene() -> list[str]:
        crowd = await pair.crowd(luck)
        await crowd.through(events)
        return await pair.judge(crowd, last)

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
        assert verdict(pair, luck, events, primary) == []


def test_a_promoted_standby_takes_over(stores: Stores, issuer: RunningIssuer, luck: random.Random) -> None:
    """The URLs name both hosts. Commits wait for the standby, so that it has what callers were answered."""
    primary = stores.postgres(options=SURVIVES)
    urls = seed(primary.admin_url)
    standby = run(lambda: stores.replica_of(primary))
    run(lambda: primary.configure(synchronous_standby_names="replica"))

    async def fail_over() -> None:
        await asyncio.to_thread(primary.process.kill)
        await asyncio.sleep(0.5)
        await standby.promote()

    places = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    both = {f"{role}_url": at(getattr(urls, role), places) for role in ("reader", "writer")}
    with orders_pair(issuer, primary.admin_url, urls, lambda: both) as pair:
        events: dict[str, Happening] = {"primary killed, standby promoted": fail_over}
        assert verdict(pair, luck, events, standby) == []


@FULL
def test_rotated_passwords_fail_no_call(
    primary: PostgresCluster, urls: DatabaseUrls, issuer: RunningIssuer, luck: random.Random, tmp_path: Path
) -> None:
    roles = ("reader", "writer")
    names = [f"orders_{role}" for role in roles]
    for role in roles:
        (tmp_path / role).write_text(password_of(f"orders_{role}"))

    def files() -> dict[str, Any]:
        secrets = {f"{role}_password": FileSecret((tmp_path / role).read_text(), tmp_path / role) for role in roles}
        place = f"127.0.0.1:{primary.port}"
        return {**secrets, **{f"{r}_url": f"postgresql://orders_{r}@{place}/{urls.database}" for r in roles}}

    async def database(password: str) -> None:
        for role in roles:
            await primary.fetch(f"ALTER ROLE orders_{role} PASSWORD '{password}'")

    def file(password: str) -> None:
        for role in roles:
            (tmp_path / role).write_text(password)

    async def database_first() -> None:
        await database("second-password")
        await asyncio.sleep(1)
        file("second-password")

    async def file_first() -> None:
        file("third-password")
        await asyncio.sleep(1)
        await database("third-password")

    events: dict[str, Happening] = {
        "password changed, file 1 s later": database_first,
        "every backend ended after that": lambda: end_backends(primary),
        "file changed, password 1 s later": file_first,
        "every backend ended after this": lambda: end_backends(primary),
    }
    try:
        with orders_pair(issuer, primary.admin_url, urls, files) as pair:
            assert verdict(pair, luck, events, primary) == []
    finally:
        for name in names:  # for the next tests
            run(partial(primary.fetch, f"ALTER ROLE {name} PASSWORD '{password_of(name)}'"))


@FULL
def test_a_restarted_pooler_fails_no_call_twice(
    stores: Stores, primary: PostgresCluster, urls: DatabaseUrls, issuer: RunningIssuer, luck: random.Random
) -> None:
    pooler = stores.pgbouncer(urls, mode="transaction", pool_size=10)
    pooled = pooler.urls(urls)
    settings = {"reader_url": pooled.reader, "writer_url": pooled.writer, "pooler": "transaction"}

    async def restart() -> None:
        await asyncio.to_thread(pooler.process.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(pooler.process.start)

    with orders_pair(issuer, primary.admin_url, urls, lambda: settings) as pair:
        assert verdict(pair, luck, {"PgBouncer killed and restarted": restart}, primary) == []


def test_a_replica_fails_no_call_and_hides_no_own_write(
    stores: Stores, primary: PostgresCluster, urls: DatabaseUrls, issuer: RunningIssuer, luck: random.Random
) -> None:
    replica = run(lambda: stores.replica_of(primary))
    shared = stores.redis()

    async def restart() -> None:
        await asyncio.to_thread(replica.process.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(replica.process.start)

    async def lag() -> None:
        await replica.configure(recovery_min_apply_delay="4s")
        await asyncio.sleep(6)
        await replica.configure(recovery_min_apply_delay="0")

    events: dict[str, Happening] = {
        "replica killed, back after 2 s": restart,
        "replica 4 s behind for 6 s": lag,
        "replica promoted by mistake": replica.promote,
    }
    place = f"127.0.0.1:{replica.port}"
    settings = {"replica_url": at(urls.reader, place), "redis_url": shared.url}
    with orders_pair(issuer, primary.admin_url, urls, lambda: settings) as pair:
        assert verdict(pair, luck, events, primary) == []

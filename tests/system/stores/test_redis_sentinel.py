"""The shared store behind Sentinel: failovers under calls, a Sentinel that hangs, and a new primary that is behind."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from servicekit.audit.file import AuditFile
from servicekit.core.errors import Refused, Unavailable
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.redis import RedisJournal
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.storage.redis.login import Login, fixed_login
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller

from .redis_server import RunningRedis
from .sentinel import SERVICE, SentinelSite
from .site import Stores
from .valkey_cluster import wait_until

pytestmark = pytest.mark.slow

RIGHTS = ("+sentinel|master", "+sentinel|get-master-addr-by-name")
ANNOUNCEMENTS = ("+subscribe", "&+failover-state-send-slaveof-noone", "&+promoted-slave", "&+switch-master")
ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


def url_of(site: SentinelSite) -> str:
    return f"redis+sentinel://{','.join(site.sentinel_addresses)}/{SERVICE}/0"


@asynccontextmanager
async def opened(url: str, sentinel_login: Login | None = None) -> AsyncIterator[RedisStore]:
    store = RedisStore(url, None, sentinel_login)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


def named_primary(site: SentinelSite, sentinel: int) -> int:
    return int(site.sentinels[sentinel].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)[1])


async def port_of(store: RedisStore) -> int:
    return int((await store.redis.info("server"))["tcp_port"])


async def works_again(store: RedisStore) -> float:
    """Seconds until a write succeeds. A caller tries again "in a few seconds"."""
    started, add = time.monotonic(), store.script(ADD)
    async with asyncio.timeout(20):
        while True:
            try:
                await store.run(add(keys=["again"], args=[1]), name="EVALSHA")
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return time.monotonic() - started


async def test_a_failover_in_order_is_followed_at_once(stores: Stores) -> None:
    """The old primary takes writes for some ten seconds more. What it takes is lost with it."""
    site = stores.sentinel(replicas=2, sentinels=3)
    async with opened(url_of(site)) as store:
        add, added, failed, ended = store.script(ADD), Counter[str](), Counter[str](), asyncio.Event()

        async def call(number: int) -> None:
            while not ended.is_set():
                key = f"count:{number}"
                try:
                    await store.run(add(keys=[key], args=[1]), name="EVALSHA")
                    added[key] += 1
                except Unavailable:
                    failed[key] += 1
                await asyncio.sleep(0.02)

        tasks = [asyncio.create_task(call(number)) for number in range(50)]
        old, new = site.servers[0], await asyncio.to_thread(site.fail_over)
        assert await works_again(store) < 5
        assert await port_of(store) == new.port
        await asyncio.to_thread(site.wait_for_replica, old)
        assert await works_again(store) < 5
        ended.set()
        await asyncio.gather(*tasks)
        stored = {key: int(await store.redis.get(key)) for key in added}
        assert await port_of(store) == new.port
    assert not {key: count for key, count in stored.items() if count > added[key] + failed[key]}
    lost = sum(max(added[key] - count, 0) for key, count in stored.items())
    assert lost < added.total() / 20  # none where this process hears of the failover in time


@pytest.mark.parametrize("may_subscribe", [True, False])
async def test_a_user_of_the_sentinels_needs_few_rights(
    stores: Stores, caplog: pytest.LogCaptureFixture, *, may_subscribe: bool
) -> None:
    """Without subscriptions they are asked once a second. The old primary is left before it is a replica, too."""
    site = stores.sentinel(sentinels=3)
    rights = [*RIGHTS, *(ANNOUNCEMENTS if may_subscribe else [])]
    for sentinel in site.sentinels:
        sentinel.ask("ACL", "SETUSER", "app", "on", ">secret", "resetchannels", "-@all", *rights)
    async with opened(url_of(site), fixed_login("app", "secret")) as store:
        await works_again(store)
        old, new = site.servers[0], await asyncio.to_thread(site.fail_over)
        async with asyncio.timeout(5):
            while await port_of(store) != new.port:  # noqa: ASYNC110  # no event says it
                await asyncio.sleep(0.05)
        assert old.ask("ROLE")[0] == "master"
    assert [record.message for record in caplog.records].count("store fails over") == may_subscribe


async def test_subscriptions_follow_a_failover_in_order(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    site, channel = stores.sentinel(), "mcp:{books}:changes"
    async with opened(url_of(site)) as store, asyncio.timeout(30):
        async with store.subscriber() as subscriber:
            await subscriber.subscribe(channel)
            await asyncio.to_thread(site.fail_over)
            with pytest.raises(Unavailable):
                await subscriber.get()
        assert await works_again(store) < 5
        async with store.subscriber() as subscriber:
            await subscriber.subscribe(channel)
            assert await store.run(store.publish(channel, "moved"), name="PUBLISH") == 1
            assert await subscriber.get() == b"moved"
    assert [record.message for record in caplog.records] == ["store fails over"]


@pytest.mark.parametrize("how", ["kill", "pause"])
@pytest.mark.parametrize("hung_sentinel", [False, True])
async def test_a_dead_primary_is_replaced_within_seconds(stores: Stores, how: str, hung_sentinel: bool) -> None:
    site = stores.sentinel(replicas=2, sentinels=3)
    primary = site.servers[0]
    async with opened(url_of(site)) as store:
        await works_again(store)
        if hung_sentinel:
            site.sentinels[0].process.pause()
        getattr(primary.process, how)()
        with pytest.raises(Unavailable):
            await store.run(store.redis.set("key", "value"), name="SET")
        await asyncio.to_thread(wait_until, lambda: named_primary(site, 1) != primary.port, "another primary")
        assert await works_again(store) < 5
    for one in (site.sentinels[0], primary):
        if how == "pause" or one is not primary:
            one.process.resume()


async def test_a_server_starts_while_one_sentinel_is_away(stores: Stores) -> None:
    site = stores.sentinel(sentinels=3)
    site.sentinels[0].process.kill()
    site.sentinels[1].process.pause()
    async with opened(url_of(site)) as store:
        assert await works_again(store) < 5
    site.sentinels[1].process.resume()


async def test_a_service_that_no_sentinel_knows_is_named(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    site = stores.sentinel()
    async with opened(f"redis+sentinel://{site.sentinel_addresses[0]}/another") as store:
        with pytest.raises(Unavailable):
            await store.run(store.redis.ping(), name="PING")
    (line,) = [record for record in caplog.records if record.message == "dependency unavailable"]
    assert line.reason == "no Sentinel names a primary"  # type: ignore[attr-defined]


def intent_of(key: str) -> Intent:
    who = caller(tenant="acme")
    return Intent("acme", who.key, "write", key, b"digest", explicit=True)


async def test_a_new_primary_that_is_behind_is_doubted(stores: Stores, tmp_path: Path) -> None:
    """Replication is asynchronous: the new primary may lack the last writes, and the epoch's count shows it."""
    site = stores.sentinel()
    primary, copy = site.servers
    async with opened(url_of(site)) as store:
        journal = RedisJournal("books", store, AuditFile(tmp_path / "audit"), StoreEpoch("books", store))
        await journal.intents.claim(intent_of("copied-before"), recoverable=False)
        wait_until(lambda: _count(copy) == _count(primary), "the replica has it")
        copy.process.pause()  # first, so that it cannot connect again
        primary.ask("CLIENT", "KILL", "TYPE", "REPLICA")
        await journal.intents.claim(intent_of("lost-with-it"), recoverable=False)
        primary.process.kill()
        copy.process.resume()
        await asyncio.to_thread(wait_until, lambda: named_primary(site, 0) == copy.port, "another primary")
        await works_again(store)
        with pytest.raises(Refused, match="lost its records"):
            await journal.intents.claim(intent_of("lost-with-it"), recoverable=False)


def _count(server: RunningRedis) -> str:
    return str(server.ask("HGET", "mcp:{books}:epoch", "count"))

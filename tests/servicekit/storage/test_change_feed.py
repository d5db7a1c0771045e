"""Announcements between replicas: each replica receives those of the tenants that listen to it, and misses none."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from servicekit.core.errors import Unavailable
from servicekit.storage.change_feed import tenant_channels
from servicekit.storage.change_feed.feed import ChangeFeed
from servicekit.storage.redis.store import RedisStore
from tests.servicekit.upstream.scripted_host import until

from .test_store_outage import OwnStore, own_store

__all__ = ["own_store"]

NOTE = "note://n1"
GARBLED = [
    b"",
    b"\xff",
    b"null",
    b"5",
    b"[]",
    b"{}",
    b'{"from": "x"}',
    b'{"from": "x", "tenant": "acme"}',
    b"[" * 100_000,
]
GARBLED += [b'{"from": "x", "tenant": "acme", "changed": 5}', b'{"from": "x", "changed": ["note://n1"]}']


@dataclass
class Pod:
    """A replica's change feed, what it received from the store, and what its listeners heard."""

    feed: ChangeFeed
    store: RedisStore
    received: list[bytes] = field(default_factory=list)
    heard: list[tuple[str, str | None]] = field(default_factory=list)

    async def listen(self, tenant: str) -> Callable[[], None]:
        return await self.feed.subscribe(tenant, lambda uri: self.heard.append((tenant, uri)))

    def channel(self, tenant: str) -> str:
        assert self.feed._channels is not None
        return self.feed._channels.name_of(tenant)

    async def subscribed(self) -> list[str]:
        """The channels of this service that have a subscriber."""
        assert self.feed._channels is not None
        pattern = f"mcp:{{{self.feed._channels._service}*"
        return sorted(name.decode() for name in await self.store.redis.pubsub_channels(pattern))


@asynccontextmanager
async def pods(url: str, count: int = 2, name: str | None = None) -> AsyncIterator[list[Pod]]:
    """Replicas of one service on a store."""
    name = name or f"notes-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            store = RedisStore(url)
            pod = Pod(ChangeFeed(name, store), store)
            watch(pod)
            stack.push_async_callback(store.stop)
            await pod.feed.start()
            stack.push_async_callback(pod.feed.stop)
            made.append(pod)
        yield made


def watch(pod: Pod) -> None:
    """Note what the store sends to a replica."""
    channels = pod.feed._channels
    assert channels is not None
    handle = channels._received

    def received(data: bytes) -> None:
        pod.received.append(data)
        handle(data)

    channels._received = received


@pytest.mark.parametrize("message", GARBLED, ids=lambda message: message.decode("latin-1")[:40])
async def test_a_malformed_announcement_stops_no_listener(valkey_url: str, message: bytes) -> None:
    async with pods(valkey_url, 1) as (pod,):
        await pod.listen("acme")
        for sent in (message, b'{"from": "x", "tenant": "acme", "changed": ["note://n1"]}'):
            await pod.store.redis.publish(pod.channel("acme"), sent)
        await until(lambda: ("acme", NOTE) in pod.heard)
        assert pod.heard[0] == ("acme", None)
        await pod.feed.check()


async def test_a_change_during_an_announcement_is_announced_too(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pods(valkey_url) as (here, there):
        await there.listen("acme")
        run, sent = here.store.run, list[int]()

        async def run_late(command: Any, **options: Any) -> Any:
            reply = await run(command, **options)
            sent.append(1)
            if len(sent) == 1:
                await until(lambda: len(there.heard) == 1)  # the other replica has it; this one does not know yet
                await here.feed.announce("acme", NOTE)
            return reply

        monkeypatch.setattr(here.store, "run", run_late)
        await here.feed.announce("acme", NOTE)
        await until(lambda: there.heard == [("acme", NOTE)] * 2)


async def test_a_replica_receives_only_tenants_that_listen_to_it(valkey_url: str) -> None:
    async with pods(valkey_url) as (here, there):
        await there.listen("t-7")
        for number in range(1000):
            await here.feed.announce(f"t-{number}", NOTE)
        await here.feed.announce("t-7", "note://last")
        await until(lambda: ("t-7", "note://last") in there.heard)
        assert there.heard == [("t-7", NOTE), ("t-7", "note://last")]
        assert len(there.received) <= 2  # both changes may be in one message
        assert not [data for data in there.received if b'"t-7"' not in data]
        assert here.received == []


async def test_no_change_after_a_subscription_is_missed(valkey_url: str) -> None:
    """From the return of `subscribe` on, so that a client which then reads a resource misses no change."""
    async with pods(valkey_url) as (here, there):
        for number in range(200):
            ended = await there.listen(f"t-{number}")
            await here.feed.announce(f"t-{number}", NOTE)
            if number % 2:
                await until(lambda number=number: (f"t-{number}", NOTE) in there.heard)  # type: ignore[misc]
                ended()
        await until(lambda: len(there.heard) == 200)
        assert not [one for one in there.heard if one[1] != NOTE]


async def test_a_thousand_tenants_listen_to_one_replica(valkey_url: str) -> None:
    tenants = [f"t-{number}" for number in range(1000)]
    async with pods(valkey_url) as (here, there):
        await asyncio.gather(*map(there.listen, tenants))
        for tenant in tenants:
            await here.feed.announce(tenant, NOTE)
        await until(lambda: len(there.heard) == 1000)
        assert sorted(there.heard) == sorted((tenant, NOTE) for tenant in tenants)
        there.heard.clear()
        await there.store.redis.client_kill_filter(_type="pubsub")
        await until(lambda: len(there.heard) == 1000)  # any resource may have changed meanwhile
        assert {uri for _, uri in there.heard} == {None}
        await here.feed.announce("t-999", NOTE)
        await until(lambda: ("t-999", NOTE) in there.heard)


async def test_a_channel_is_left_some_time_after_its_last_listener(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pods(valkey_url, 1) as (pod,):
        own = [await pod.listen("acme"), await pod.listen("acme"), await pod.listen("globex")]
        assert pod.channel("acme") in await pod.subscribed()
        for ended in own[:2]:
            ended()
        again = await pod.listen("acme")  # within the time: it is still joined
        monkeypatch.setattr(tenant_channels, "_GRACE", 0.05)
        again()

        async with asyncio.timeout(10):
            while pod.channel("acme") in await pod.subscribed():  # noqa: ASYNC110 - happens in the store
                await asyncio.sleep(0.01)
        assert pod.channel("globex") in await pod.subscribed()
        await pod.listen("acme")
        assert pod.channel("acme") in await pod.subscribed()


async def test_churn_within_the_time_subscribes_once(valkey_url: str) -> None:
    async with pods(valkey_url, 1) as (pod,):
        (await pod.listen("acme"))()
        before = await calls(pod.store)
        for _ in range(100):
            (await pod.listen("acme"))()
        assert await calls(pod.store) == before


async def calls(store: RedisStore) -> int:
    """Subscriptions and their ends that the server received."""
    statistics = await store.redis.info("commandstats")
    names = ("cmdstat_subscribe", "cmdstat_unsubscribe")
    return sum(statistics[name]["calls"] for name in names if name in statistics)


async def test_channels_do_not_show_the_tenant(valkey_url: str) -> None:
    async with pods(valkey_url, 1) as (pod,):
        await pod.listen("acme-secret-customer")
        names = await pod.subscribed()
        assert len(names) == 2
        assert not [name for name in names if "acme" in name]
        assert pod.channel("a") != pod.channel("b")


async def test_a_cancelled_subscription_leaves_no_listener(own_store: OwnStore) -> None:
    own_store.stop()
    async with pods(own_store.url, 1) as (pod,):
        waiting = asyncio.create_task(pod.listen("acme"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await pod.feed.announce("acme", NOTE)
        assert pod.heard == []


async def test_a_subscription_without_the_store_catches_up_later(own_store: OwnStore) -> None:
    own_store.stop()
    async with pods(own_store.url) as (here, there):
        await there.listen("acme")
        await there.feed.announce("acme", "note://own")
        assert there.heard == [("acme", "note://own")]
        await here.feed.announce("acme", NOTE)
        with pytest.raises(Unavailable):
            await there.feed.check()
        own_store.start()
        await until(lambda: ("acme", None) in there.heard)
        await until(lambda: there.feed._channels is not None and there.feed._channels.is_connected)
        await here.feed.announce("acme", "note://later")
        await until(lambda: ("acme", "note://later") in there.heard)


async def test_what_could_not_be_sent_is_sent_when_the_store_is_back(own_store: OwnStore) -> None:
    async with pods(own_store.url) as (here, there):
        await there.listen("acme")
        await there.listen("globex")
        own_store.stop()
        for number in range(250):
            await here.feed.announce("acme", f"note://{number}")
        await here.feed.announce("globex", NOTE)
        own_store.start()
        await until(lambda: {("acme", None), ("globex", None)} <= set(there.heard))
        await here.feed.announce("acme", "note://last")
        await until(lambda: ("acme", "note://last") in there.heard)

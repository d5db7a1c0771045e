"""The shared store as a Cluster: keys of one slot per script, moving slots, nodes that fail or lose their records."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.crc import key_slot

from github_mcp.adapters.api.readings import StoredReadings
from servicekit.access.limits import RateLimits
from servicekit.access.rate_limit import RateLimiter
from servicekit.audit.file import AuditFile
from servicekit.core.caller import acting_as
from servicekit.core.errors import Refused, Unavailable
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.protocol import RecordedResult
from servicekit.journal.redis import RedisJournal
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.storage.redis.memory import StoreMemory
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from weather_mcp.adapters.saved_places import StoredPlaces
from weather_mcp.models.locations import Place

from .programs import redis_programs
from .site import Stores
from .valkey_cluster import ValkeyCluster, wait_until

pytestmark = pytest.mark.slow

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
VERSIONS = [name for name in redis_programs() if name != "redis 6.2"]  # sharded channels are of 7.0


@pytest.fixture
def cluster(stores: Stores) -> ValkeyCluster:
    return stores.valkey_cluster()


@asynccontextmanager
async def opened(cluster: ValkeyCluster) -> AsyncIterator[RedisStore]:
    store = RedisStore(f"redis+cluster://{','.join(cluster.addresses[:2])}")
    try:
        yield store
    finally:
        await store.stop()


def intent_of(number: int, key: str = "key-of-a-write") -> Intent:
    who = caller(subject=f"subject-{number}", tenant=f"tenant-{number}")
    return Intent(who.tenant or "", who.key, "write", key, b"digest", explicit=True)


class Seen:
    """The keys of every command that a store sends, by command."""

    def __init__(self, store: RedisStore) -> None:
        self.keys: list[tuple[str, tuple[str, ...]]] = []
        execute = store.redis.execute_command

        async def recording(*args: Any, **options: Any) -> Any:
            name = str(args[0]).upper()
            keys = args[3 : 3 + int(args[2])] if name in ("EVAL", "EVALSHA") else args[1:]
            found = keys if name in ("EVAL", "EVALSHA", "UNLINK", "DEL") else keys[:1]
            self.keys.append((name, tuple(map(_text, found))))
            return await execute(*args, **options)

        store.redis.execute_command = recording


def _text(key: Any) -> str:
    return key.decode() if isinstance(key, bytes) else str(key)


async def use_everything(store: RedisStore, folder: Path, number: int) -> None:
    """Every kind of key of every server, for one caller."""
    who = caller(subject=f"subject-{number}", tenant=f"tenant-{number}", client_id=f"client-{number}")
    limits = RateLimits(server=1000, caller=100, tool=100, client=50, client_tool=20)
    limiter = RateLimiter("orders", store)
    assert not (await limiter.decide(who, "search", 1, limits)).local_fallback
    await limiter.close()
    journal = RedisJournal("orders", store, AuditFile(folder / f"audit-{number}"))
    claim = await journal.intents.claim(intent_of(number), recoverable=True)
    assert await journal.intents.consume(claim, f"{0:08x}nonce")
    await journal.intents.keep(claim.intent, RecordedResult(b"digest", "text", None))
    assert (await journal.intents.claim(intent_of(number), recoverable=True)).earlier is not None
    await journal.intents.doubt(claim)
    await journal.intents.release(claim)
    for code in range(102 if number == 0 else 1):  # the oldest two are removed
        assert await journal.keep_pending(who, f"code-{code}", "content")
    assert (await journal.find_pending(who, "code-0") is None) == (number == 0)
    readings = StoredReadings(store)
    quota = CountedQuota("Open-Meteo", "host", [Window("minute", 1000, 60), Window("hour", 1000, 3600)], store)
    await quota.reserve(1)
    async with Leases(store).acquire(f"mcp:weather:upstream:{number}") as held:
        assert held
    with acting_as(who):
        await readings.note("acme/payments")
        assert (await readings.of_caller()).private == ["acme/payments"]
        places = StoredPlaces(store)
        await places.save("home", Place(name="Berlin", latitude=52.5, longitude=13.4))
        assert await places.get("home") is not None
        assert await places.forget("home")


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_script_has_keys_of_one_slot(stores: Stores, tmp_path: Path, version: str) -> None:
    cluster = stores.valkey_cluster(version)
    async with opened(cluster) as store:
        seen = Seen(store)
        for number in range(20):
            await use_everything(store, tmp_path, number)
        await store.check()
    crossing = {entry for entry in seen.keys if len({key_slot(key.encode()) for key in entry[1]}) > 1}
    assert not crossing
    owners = Counter(cluster.owner_of(key).port for _, keys in seen.keys for key in keys[:1])
    assert len(owners) == 3
    assert min(owners.values()) > sum(owners.values()) / 20, "the nodes share the load"


async def test_calls_go_on_while_slots_move(cluster: ValkeyCluster) -> None:
    async with opened(cluster) as store:
        add, added, failed = store.script(ADD), Counter[str](), Counter[str]()
        ended = asyncio.Event()

        async def call(number: int) -> None:
            while not ended.is_set():
                key = f"count:{number}"
                try:
                    await store.run(add(keys=[key], args=[1]), name="EVALSHA")
                    added[key] += 1
                except Unavailable:
                    failed[key] += 1
                await asyncio.sleep(0.005)

        tasks = [asyncio.create_task(call(number)) for number in range(20)]
        for number in range(10):
            key = f"count:{number}"
            target = next(node for node in cluster.primaries if node is not cluster.owner_of(key))
            await asyncio.to_thread(cluster.move_slot, key_slot(key.encode()), target)
        for number in range(10, 15):  # left open: ASK
            key = f"count:{number}"
            target = next(node for node in cluster.primaries if node is not cluster.owner_of(key))
            await asyncio.to_thread(cluster.begin_move, key_slot(key.encode()), target)
            before = added[key]
            await asyncio.to_thread(wait_until, lambda key=key, before=before: added[key] > before, "it is served")
        ended.set()
        await asyncio.gather(*tasks)
        stored = {key: int(await store.redis.get(key)) for key in added}
    assert stored == dict(added)
    assert not failed


@pytest.mark.parametrize("how", ["kill", "pause"])
async def test_a_failed_node_stops_its_slots_alone_until_its_replica_serves(stores: Stores, how: str) -> None:
    cluster = stores.valkey_cluster(replicas=True, options={"cluster-require-full-coverage": "no"})
    async with opened(cluster) as store:
        add = store.script(ADD)
        keys = {cluster.owner_of(f"count:{number}").port: f"count:{number}" for number in range(50)}
        gone = keys.pop(cluster.primaries[0].port)
        for key in (gone, *keys.values()):
            await store.run(add(keys=[key], args=[1]), name="EVALSHA")
        getattr(cluster.primaries[0].process, how)()
        with pytest.raises(Unavailable):
            await store.run(add(keys=[gone], args=[1]), name="EVALSHA")
        for key in keys.values():
            await store.run(add(keys=[key], args=[1]), name="EVALSHA")
        await asyncio.to_thread(cluster.wait_for_replica, 0)
        async with asyncio.timeout(15):
            while True:
                try:
                    await store.run(add(keys=[gone], args=[1]), name="EVALSHA")
                    break
                except Unavailable:
                    await asyncio.sleep(0.05)
    if how == "pause":
        cluster.primaries[0].process.resume()


async def test_a_node_that_lost_its_records_is_doubted_alone(cluster: ValkeyCluster, tmp_path: Path) -> None:
    async with opened(cluster) as store:
        journal = RedisJournal("orders", store, AuditFile(tmp_path / "audit"), StoreEpoch("orders", store))
        epoch = StoreEpoch("orders", store)
        for number in range(60):
            await journal.intents.claim(intent_of(number), recoverable=False)
        cluster.primaries[0].ask("FLUSHALL")
        refused = set[int]()
        for number in range(60):
            try:
                await journal.intents.claim(intent_of(number, "another-key-of-it"), recoverable=False)
            except Refused:
                refused.add(number)
        port = cluster.primaries[0].port
        there = {n for n in range(60) if cluster.owner_of(epoch.of(intent_of(n).caller_key).key).port == port}
    assert refused == there
    assert 0 < len(refused) < 60


async def test_a_known_store_that_became_a_cluster_is_doubted(
    stores: Stores, cluster: ValkeyCluster, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"
    single = RedisStore(stores.redis().url)
    before = StoreEpoch("orders", single, audit)
    before.open()
    assert (await before.look()).at is None
    before.close()
    await single.stop()
    async with opened(cluster) as store:
        epoch = StoreEpoch("orders", store, audit)
        epoch.open()
        await epoch.look()
        epoch.close()
    assert all(part.loss.at is not None for part in epoch.parts)
    assert str(epoch.warning).startswith("A node of the store lost its records")


async def test_sharded_channels_come_from_their_nodes(cluster: ValkeyCluster) -> None:
    channels = [f"mcp:{{orders:{number}}}:changes" for number in range(12)]
    async with opened(cluster) as store, opened(cluster) as other:
        async with store.subscriber() as subscriber, asyncio.timeout(10):
            await subscriber.subscribe(*channels)
            for channel in channels:
                assert await other.run(other.publish(channel, channel), name="SPUBLISH") == 1
            assert sorted([(await subscriber.get()).decode() for _ in channels]) == sorted(channels)
            await subscriber.unsubscribe(channels[0])
            assert await other.run(other.publish(channels[0], "late"), name="SPUBLISH") == 0
            target = next(node for node in cluster.primaries if node is not cluster.owner_of(channels[1]))
            await asyncio.to_thread(cluster.move_slot, key_slot(channels[1].encode()), target)
            with pytest.raises(Unavailable):
                await subscriber.get()
        async with store.subscriber() as subscriber, asyncio.timeout(10):
            await subscriber.subscribe(*channels)
            await other.run(other.publish(channels[1], "moved"), name="SPUBLISH")
            assert await subscriber.get() == b"moved"
            cluster.owner_of(channels[2]).process.kill()
            with pytest.raises(Unavailable):
                await subscriber.get()


async def test_a_node_behind_a_plain_url_is_named(cluster: ValkeyCluster, caplog: pytest.LogCaptureFixture) -> None:
    store = RedisStore(cluster.primaries[0].url)
    key = next(f"k{n}" for n in range(50) if cluster.owner_of(f"k{n}") is not cluster.primaries[0])
    with pytest.raises(Unavailable):
        await store.run(store.redis.set(key, "1"), name="SET")
    await store.stop()
    (line,) = [record for record in caplog.records if record.message == "dependency unavailable"]
    assert line.reason == "the server is a node of a Cluster"  # type: ignore[attr-defined]
    assert "redis+cluster://" in line.next_step  # type: ignore[attr-defined]


async def test_the_eviction_policy_of_each_node_counts(cluster: ValkeyCluster) -> None:
    cluster.primaries[2].ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    async with opened(cluster) as store:
        memory = StoreMemory(store)
        await memory.look()
        assert "Set maxmemory-policy to noeviction" in str(memory.warning)


async def test_it_keeps_few_connections(cluster: ValkeyCluster) -> None:
    async with opened(cluster) as store:
        commands = (store.run(store.redis.set(f"k{number}", "v"), name="SET") for number in range(500))
        await asyncio.gather(*commands)
        for node in cluster.primaries:
            clients = [line for line in str(node.ask("CLIENT", "LIST")).split("id=") if "cmd=set" in line]
            assert len(clients) <= 8

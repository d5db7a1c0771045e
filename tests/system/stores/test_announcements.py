"""Announcements over a Cluster: sharded channels on every node, through moved slots and a failover."""

import asyncio
from collections.abc import Callable

from redis.crc import key_slot

from tests.servicekit.storage.test_change_feed import NOTE, Pod, pods

from .site import Stores

TENANTS = [f"t-{number}" for number in range(60)]


def address(nodes: list[str]) -> str:
    return f"redis+cluster://{','.join(nodes)}"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - happens in the stores
            await asyncio.sleep(0.01)


async def hears_again(here: Pod, there: Pod, tenant: str) -> None:
    """Announce until it is heard: what is published while no node has the slot counts as missed."""
    async with asyncio.timeout(60):
        while (tenant, "note://new") not in there.heard:
            await here.feed.announce(tenant, "note://new")
            await asyncio.sleep(0.05)


async def test_channels_are_spread_over_the_nodes_and_stay_there(stores: Stores) -> None:
    cluster = stores.valkey_cluster()
    async with pods(address(cluster.addresses)) as (here, there):
        for tenant in TENANTS:
            await there.listen(tenant)
        shares = [len(node.ask("PUBSUB", "SHARDCHANNELS")) for node in cluster.primaries]
        assert sum(shares) == len(TENANTS) + 1
        assert min(shares) > 0
        for number in range(1000):
            await here.feed.announce(f"t-{number}", NOTE)
        await until(lambda: len(there.heard) == len(TENANTS))
        assert sorted(there.heard) == sorted((tenant, NOTE) for tenant in TENANTS)
        assert len(there.received) == len(TENANTS)
        assert here.received == []


async def test_a_moved_slot_loses_no_tenant(stores: Stores) -> None:
    cluster = stores.valkey_cluster()
    async with pods(address(cluster.addresses)) as (here, there):
        for tenant in TENANTS:
            await there.listen(tenant)
        slot = key_slot(there.channel(TENANTS[0]).encode())
        owner = cluster.owner_of(there.channel(TENANTS[0]))
        cluster.move_slot(slot, next(node for node in cluster.primaries if node is not owner))
        await until(lambda: {tenant for tenant, uri in there.heard if uri is None} == set(TENANTS))
        for tenant in TENANTS[:5]:
            await hears_again(here, there, tenant)


async def test_a_failover_loses_no_tenant(stores: Stores) -> None:
    cluster = stores.valkey_cluster(replicas=True)
    async with pods(address(cluster.addresses)) as (here, there):
        for tenant in TENANTS:
            await there.listen(tenant)
        cluster.primaries[0].process.kill()
        cluster.wait_for_replica(0)
        await until(lambda: {tenant for tenant, uri in there.heard if uri is None} == set(TENANTS))
        for tenant in TENANTS:
            await hears_again(here, there, tenant)

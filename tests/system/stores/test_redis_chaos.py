"""Redis and Valkey are killed, fail over, fill up and get new passwords under 50 callers of two tenants.

The github server keeps its journal there, so its writes need the store and its reads do not. A write fails only while
the store takes none. Its retry as advised succeeds once the store is back; a retry before that is counted as early.
Where a primary died with its last records, writes are refused for a minute, with the seconds to wait.
"""

import asyncio
import random
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.crc import key_slot

from devkit.issuer.testing import RunningIssuer
from servicekit.settings.file_secret import FileSecret

from .crowd import FULL, Happening
from .github_pair import GithubPair, github_pair
from .redis_server import RunningRedis
from .sentinel import SERVICE
from .site import Stores
from .valkey_cluster import ValkeyCluster

pytestmark = pytest.mark.slow

SURVIVES = {"appendonly": "yes", "appendfsync": "everysec"}
"""With it, a killed server keeps what it acknowledged, as docs/stores.md asks for."""
RULES = "~* &* +@all"


async def restart(server: RunningRedis, away: float) -> None:
    await asyncio.to_thread(server.process.kill)
    await asyncio.sleep(away)
    await asyncio.to_thread(server.process.start)


async def fill_up(server: RunningRedis) -> None:
    """Memory is full for 2 s; no key may be evicted."""
    await asyncio.to_thread(server.ask, "CONFIG", "SET", "maxmemory", 1)
    await asyncio.sleep(2)
    await asyncio.to_thread(server.ask, "CONFIG", "SET", "maxmemory", 0)


async def lose_records(server: RunningRedis) -> None:
    """It is killed, and comes back without records: a replica that was promoted lacks the last writes.

    The epoch stays, so that servers do not notice it.
    """
    await restart(server, 0)
    keys = [key for key in await asyncio.to_thread(server.ask, "KEYS", "*") if "epoch" not in key]
    if keys:
        await asyncio.to_thread(server.ask, "DEL", *keys)


async def move_slots(cluster: ValkeyCluster) -> None:
    """Two slots that have keys, from each node to the next."""
    for number, node in enumerate(cluster.primaries):
        if not node.server.is_ready():
            continue
        target = cluster.primaries[(number + 1) % len(cluster.primaries)]
        keys = (await asyncio.to_thread(node.ask, "KEYS", "*"))[:20]
        for slot in sorted({key_slot(key.encode()) for key in keys})[:2]:
            await asyncio.to_thread(cluster.move_slot, slot, target)


async def verdict(pair: GithubPair, luck: random.Random, events: dict[str, Happening]) -> list[str]:
    """What breaks the rules in a row of events."""
    crowd = pair.crowd(luck)
    await crowd.through(events)
    return await pair.judge(crowd)


async def test_no_call_fails_twice_while_one_server_fails(
    stores: Stores, issuer: RunningIssuer, luck: random.Random, tmp_path: Path
) -> None:
    server = stores.redis(options=SURVIVES)
    events: dict[str, Happening] = {
        "Valkey killed and restarted": lambda: restart(server, 0),
        "Valkey away for 2 s": lambda: restart(server, 2),
        "memory full for 2 s": lambda: fill_up(server),
        "Valkey killed, back without its records": lambda: lose_records(server),
    }
    with github_pair(issuer, tmp_path, server.url) as pair:
        assert await verdict(pair, luck, events) == []


@FULL
async def test_rotated_passwords_fail_no_call(
    stores: Stores, issuer: RunningIssuer, luck: random.Random, tmp_path: Path
) -> None:
    server = stores.redis(options=SURVIVES, users=[f"app on >first {RULES}"])
    file = tmp_path / "password"
    file.write_text("first")

    def settings() -> dict[str, Any]:
        return {"redis_username": SecretStr("app"), "redis_password": FileSecret(file.read_text(), file)}

    async def acl(*rules: str) -> None:
        await asyncio.to_thread(server.ask, "ACL", "SETUSER", "app", *rules)

    async def hang_up() -> None:
        await asyncio.to_thread(server.ask, "CLIENT", "KILL", "TYPE", "NORMAL")

    async def both_valid() -> None:
        await acl(">second")
        file.write_text("second")
        await asyncio.sleep(0.5)
        await acl("<first")
        await hang_up()

    async def server_first() -> None:
        await acl("resetpass", ">third")
        await asyncio.sleep(1)
        file.write_text("third")
        await hang_up()

    async def file_first() -> None:
        file.write_text("fourth")
        await asyncio.sleep(1)
        await acl("resetpass", ">fourth")
        await hang_up()

    events: dict[str, Happening] = {
        "second password added, first removed": both_valid,
        "password changed, file 1 s later": server_first,
        "file changed, password 1 s later": file_first,
    }
    with github_pair(issuer, tmp_path, server.url, settings) as pair:
        assert await verdict(pair, luck, events) == []


async def test_a_sentinel_failover_loses_no_call(
    stores: Stores, issuer: RunningIssuer, luck: random.Random, tmp_path: Path
) -> None:
    site = stores.sentinel(options=SURVIVES)

    async def kill_primary() -> Awaitable[None]:
        old = site.primary()
        await asyncio.to_thread(old.process.kill)
        await asyncio.to_thread(site.wait_for_another, old)
        await asyncio.to_thread(old.process.start)
        return asyncio.to_thread(site.wait_for_replica, old)

    async def fail_over() -> Awaitable[None]:
        """The old primary takes writes for some ten seconds more, and then drops them."""
        old = site.primary()
        await asyncio.to_thread(site.fail_over)
        return asyncio.to_thread(site.wait_for_replica, old)

    events: dict[str, Happening] = {
        "Sentinel: primary killed": kill_primary,
        "Sentinel: failover in order": fail_over,
    }
    url = f"redis+sentinel://{','.join(site.sentinel_addresses)}/{SERVICE}"
    with github_pair(issuer, tmp_path, url) as pair:
        assert await verdict(pair, luck, events) == []


async def test_a_cluster_loses_no_call(
    stores: Stores, issuer: RunningIssuer, luck: random.Random, tmp_path: Path
) -> None:
    cluster = stores.valkey_cluster(replicas=True)

    async def kill_node() -> None:
        await asyncio.to_thread(cluster.primaries[0].process.kill)
        await asyncio.to_thread(cluster.wait_for_replica, 0)
        await asyncio.to_thread(cluster.wait_until_whole)

    events: dict[str, Happening] = {
        "Cluster: slots moved": lambda: move_slots(cluster),
        "Cluster: node killed, replica takes over": kill_node,
    }
    with github_pair(issuer, tmp_path, f"redis+cluster://{','.join(cluster.addresses)}") as pair:
        assert await verdict(pair, luck, events) == []

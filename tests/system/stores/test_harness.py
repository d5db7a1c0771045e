"""The stores of this folder start, fail over and stop as their methods say."""

import asyncpg
import pytest
import redis

from devkit.stores.databases import bootstrap

from .programs import postgres_programs, redis_programs
from .site import Stores

pytestmark = pytest.mark.slow

_POSTGRES = sorted({*list(postgres_programs())[:1], *list(postgres_programs())[-1:]})
"""The oldest and the newest."""
_REDIS = sorted({*list(redis_programs())[:1], *list(redis_programs())[-1:]})


@pytest.mark.parametrize("version", postgres_programs())
async def test_postgres_of_every_version_answers(stores: Stores, version: int) -> None:
    cluster = stores.postgres(version)
    (row,) = await cluster.fetch("SELECT current_setting('server_version_num')::int / 10000, lower('Ä')")
    assert tuple(row) == (version, "ä")


async def test_postgres_refuses_connections_without_tls(stores: Stores) -> None:
    cluster = stores.postgres(require_tls=True)
    authority = stores.certificates.authority
    connection = await asyncpg.connect(
        f"{cluster.admin_url}/postgres?sslmode=verify-full&sslrootcert={authority}", timeout=10
    )
    assert await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await connection.close()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(f"{cluster.admin_url}/postgres?sslmode=disable", timeout=10)


@pytest.mark.parametrize("version", _POSTGRES)
async def test_a_replica_lags_and_can_be_promoted(stores: Stores, version: int) -> None:
    primary = stores.postgres(version, durable=True)
    replica = await stores.replica_of(primary, delay="1h")
    await primary.fetch("CREATE TABLE first AS SELECT 1")
    await replica.wait_until_received(primary, replayed=False)
    assert not await replica.fetch("SELECT FROM pg_class WHERE relname = 'first'")
    await replica.configure(recovery_min_apply_delay="0")
    await replica.wait_until_received(primary)
    assert await replica.fetch("SELECT FROM first")
    primary.process.kill()
    await replica.promote()
    await replica.fetch("INSERT INTO first VALUES (2)")


@pytest.mark.parametrize("tls", [False, True])
async def test_pgbouncer_pools_one_server_connection(stores: Stores, tls: bool) -> None:
    cluster = stores.postgres()
    urls = await bootstrap(cluster.admin_url, "orders")
    pooled = stores.pgbouncer(urls, tls=tls).urls(urls)
    options = f"?sslmode=verify-full&sslrootcert={stores.certificates.authority}" if tls else "?sslmode=disable"
    servers = set()
    for _ in range(2):
        connection = await asyncpg.connect(pooled.reader + options, statement_cache_size=0, timeout=10)
        servers.add(await connection.fetchval("SELECT pg_backend_pid()"))
        await connection.close()
    assert len(servers) == 1


@pytest.mark.parametrize("version", _REDIS)
def test_a_cluster_moves_slots_and_fails_over(stores: Stores, version: str) -> None:
    cluster = stores.valkey_cluster(version, replicas=True)
    old = cluster.owner_of("key")
    old.ask("SET", "key", "value")
    target = next(node for node in cluster.primaries if node is not old)
    cluster.move_slot(redis.cluster.key_slot(b"key"), target)
    with pytest.raises(redis.exceptions.MovedError):
        old.ask("GET", "key")
    assert cluster.owner_of("key").ask("GET", "key") == "value"
    cluster.fail_over(0)
    cluster.wait_until_whole()
    number = cluster.primaries.index(target)
    if number != 0:
        target.process.kill()
        cluster.wait_for_replica(number)
        cluster.wait_until_whole()
        assert cluster.owner_of("key") is cluster.replicas[number]


@pytest.mark.parametrize("version", _REDIS)
def test_sentinel_promotes_a_replica(stores: Stores, version: str) -> None:
    site = stores.sentinel(version, password="secret", sentinels=3)
    first = site.primary()
    second = site.fail_over()
    site.wait_for_replica(first)
    second.process.kill()
    assert site.wait_for_another(second) is first


@pytest.mark.parametrize("version", _REDIS)
def test_redis_has_users_and_limits(stores: Stores, version: str) -> None:
    server = stores.redis(version, users=["default off", "app on >secret ~* &* +@all"], options={"maxmemory": "1"})
    assert server.ask("PING", user="app", password="secret")
    with pytest.raises(redis.exceptions.AuthenticationError):
        server.ask("PING")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        server.ask("SET", "key", "value", user="app", password="secret")


def test_redis_with_tls_wants_a_certificate(stores: Stores) -> None:
    server = stores.redis(tls=True, client_certificate=True)
    assert server.ask("PING")
    authority = str(stores.certificates.authority)
    stranger = redis.Redis(port=server.port, ssl=True, ssl_ca_certs=authority)
    with stranger, pytest.raises(redis.exceptions.ConnectionError):
        stranger.ping()

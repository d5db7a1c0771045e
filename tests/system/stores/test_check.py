"""`check` of a server on managed stores: every version, a standby, a pooler, a Cluster, Sentinel."""

import pytest

from devkit.settings import WORKSPACE
from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.workspace.services import find
from tests.contract.checking import Checked, check
from tests.contract.domains import variables

from .programs import postgres_programs, redis_programs
from .sentinel import SERVICE
from .site import Stores

pytestmark = pytest.mark.slow

_REDIS = sorted({*list(redis_programs())[:1], *list(redis_programs())[-1:]})
"""The oldest and the newest."""


async def checked(name: str, *options: str, **settings: str) -> Checked:
    """`check` of a service that has no issuer here."""
    description = find(WORKSPACE, name)
    given = {"public_url": description.resource, "issuer": "http://127.0.0.1:1", **settings}
    return await check(name, variables(description, given), *options)


def serving(urls: DatabaseUrls) -> dict[str, str]:
    return {"reader_url": urls.reader, "writer_url": urls.writer}


@pytest.mark.parametrize("version", postgres_programs())
async def test_every_version_of_postgres_is_looked_at(stores: Stores, version: int) -> None:
    urls = await bootstrap(stores.postgres(version).admin_url, "orders")
    found = await checked("orders", **serving(urls))
    assert found.status("reader.version") == "ok"
    assert f"PostgreSQL {version}" in found.findings["reader.version"]["detail"]
    assert found.failed() == {"reader.migrations", "writer.migrations", "issuer.metadata"}
    assert found.status("database.connections") == "ok"


async def test_a_writer_on_a_standby_is_refused(stores: Stores) -> None:
    primary = stores.postgres()
    urls = await bootstrap(primary.admin_url, "orders")
    replica = await stores.replica_of(primary)
    await replica.wait_until_received(primary)
    before, after = primary.admin_url.rpartition(":")[2], replica.admin_url.rpartition(":")[2]
    there = urls.writer.replace(f":{before}/", f":{after}/")
    found = await checked("orders", **{**serving(urls), "writer_url": there, "replica_url": there})
    assert {"writer.primary", "replica.role"} <= found.failed()
    assert "target_session_attrs=read-write" in found.said("writer.primary")
    assert found.status("replica.standby") in ("ok", "unknown")


async def test_a_pooler_is_found(stores: Stores) -> None:
    urls = await bootstrap(stores.postgres().admin_url, "orders")
    pooled = stores.pgbouncer(
        urls, options={"ignore_startup_parameters": "statement_timeout,jit,default_transaction_read_only"}
    )
    direct = await checked("orders", **serving(pooled.urls(urls)))
    assert "Set ORDERS_POOLER to transaction." in direct.said("reader.pooler")
    right = await checked("orders", "--pods", "200", pooler="transaction", **serving(pooled.urls(urls)))
    assert right.status("reader.pooler") == right.status("writer.pooler") == "ok"
    assert "max_client_conn must allow 2000 clients for each role" in right.said("database.connections")


@pytest.mark.parametrize("pooler", ["direct", "transaction"])
async def test_the_owner_is_checked_through_a_pooler(stores: Stores, pooler: str) -> None:
    urls = await bootstrap(stores.postgres().admin_url, "orders")
    there = stores.pgbouncer(urls).urls(urls)
    found = await checked("orders", "--owner", owner_url=there.owner, pooler=pooler, **serving(there))
    assert found.status("owner.connection") == found.status("owner.role") == "ok"
    wrong = await checked("orders", "--owner", owner_url=f"{there.owner}_2", pooler=pooler, **serving(there))
    assert "has no such database or role" in wrong.said("owner.connection")


async def test_a_pooler_that_is_not_there_is_slower(stores: Stores) -> None:
    urls = await bootstrap(stores.postgres().admin_url, "orders")
    found = await checked("orders", pooler="transaction", **serving(urls))
    assert "Set ORDERS_POOLER to direct" in found.said("reader.pooler")


@pytest.mark.parametrize("version", _REDIS)
async def test_a_cluster_needs_its_own_url(stores: Stores, version: str) -> None:
    addresses = stores.valkey_cluster(version).addresses
    found = await checked("weather", redis_url=f"redis+cluster://{','.join(addresses)}")
    assert {name for name in found.failed() if name.startswith("store.")} == set()
    assert found.status("store.commands") == found.status("store.writes") == "ok"
    wrong = await checked("weather", redis_url=f"redis://{addresses[0]}")
    assert wrong.status("store.connection") == "fail" or "Cluster" in wrong.said("store.shape")


async def test_the_primary_of_sentinel_is_checked(stores: Stores) -> None:
    site = stores.sentinel()
    found = await checked("weather", redis_url=f"redis+sentinel://{','.join(site.sentinel_addresses)}/{SERVICE}")
    assert {name for name in found.failed() if name.startswith("store.")} == set()
    assert found.status("store.shape") == "ok"

"""Several hosts in one URL: each role reaches the server that serves it, also after a failover."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.stores.testing import password_of
from orders_mcp.settings import OrdersSettings
from servicekit.settings.database import Role
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.storage.postgres.login.role_addresses import address_of

from .pgbouncer import RunningPgBouncer
from .postgres_versions import PostgresCluster
from .site import Stores

pytestmark = pytest.mark.slow

ROLES: tuple[Role, ...] = ("reader", "replica", "writer", "owner")
PORT = "SELECT inet_server_port()"


@dataclass
class Pair:
    """A primary and its standby."""

    primary: PostgresCluster
    standby: PostgresCluster
    urls: DatabaseUrls

    def settings(self, *places: str | int, query: str = "") -> OrdersSettings:
        """Every role's URL with these ports, in this order."""
        hosts = ",".join(f"127.0.0.1:{place}" for place in places)
        address = f"@{urlsplit(self.urls.owner).netloc.rpartition('@')[2]}/"
        owner, writer, reader = (
            SecretStr(url.replace(address, f"@{hosts}/") + query)
            for url in (self.urls.owner, self.urls.writer, self.urls.reader)
        )
        return OrdersSettings(
            public_url="http://127.0.0.1:1/mcp",
            owner_url=owner,
            writer_url=writer,
            reader_url=reader,
            replica_url=reader,
        )


@pytest.fixture
async def pair(stores: Stores) -> Pair:
    primary = stores.postgres(durable=True)
    urls = await bootstrap(primary.admin_url, "orders", password_of=password_of)
    standby = await stores.replica_of(primary)
    await standby.wait_until_received(primary)
    return Pair(primary, standby, urls)


@asynccontextmanager
async def pool(settings: OrdersSettings, role: Role) -> AsyncIterator[Database]:
    database = Database(address_of(settings, role), read_only=role in ("reader", "replica"))
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


async def port_of(settings: OrdersSettings, role: Role) -> int:
    async with pool(settings, role) as database, database.without_tenant() as connection:
        return int(await connection.fetchval(PORT))


async def test_each_role_has_the_right_server_by_default(pair: Pair) -> None:
    for places in ((pair.standby.port, pair.primary.port), (pair.primary.port, pair.standby.port)):
        found = {role: await port_of(pair.settings(*places), role) for role in ROLES}
        primary, standby = pair.primary.port, pair.standby.port
        assert found == {"reader": primary, "writer": primary, "owner": primary, "replica": standby}


async def test_the_url_decides_if_it_says_so(pair: Pair) -> None:
    primary, standby = pair.primary.port, pair.standby.port
    wanted = {"read-write": primary, "primary": primary, "standby": standby, "read-only": standby}
    for target, port in {**wanted, "prefer-standby": standby}.items():
        for places in ((standby, primary), (primary, standby)):
            settings = pair.settings(*places, query=f"?target_session_attrs={target}")
            assert [await port_of(settings, role) for role in ROLES[:3:2]] == [port, port], (target, places)
    assert await port_of(pair.settings(standby, primary, query="?target_session_attrs=any"), "writer") == standby


async def test_no_writer_on_a_standby_and_reads_go_on(pair: Pair) -> None:
    settings = pair.settings(pair.primary.port, pair.standby.port)
    pair.primary.process.stop()
    with pytest.raises(CannotConnect, match="none of 2 hosts is read-write"):
        await address_of(settings, "writer").connect(timeout=5)
    assert await port_of(settings, "reader") == pair.standby.port
    await pair.standby.promote()
    assert await port_of(settings, "writer") == pair.standby.port


async def test_an_open_pool_finds_the_promoted_standby(pair: Pair) -> None:
    async with pool(pair.settings(pair.primary.port, pair.standby.port), "writer") as database:
        async with database.without_tenant() as connection:
            assert await connection.fetchval(PORT) == pair.primary.port
        pair.primary.process.kill()
        await pair.standby.promote()
        await database.check()
        async with database.without_tenant() as connection:
            assert await connection.fetchval(PORT) == pair.standby.port


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_a_pooler_in_front_of_a_standby_is_recognised(stores: Stores, pair: Pair, mode: str) -> None:
    roles = [pair.urls.owner, pair.urls.writer, pair.urls.reader]
    sent = {"ignore_startup_parameters": "default_transaction_read_only,statement_timeout,jit"}
    poolers: list[RunningPgBouncer] = [
        stores.pgbouncer(
            [url.replace(f":{pair.primary.port}/", f":{cluster.port}/") for url in roles],
            mode=mode,  # type: ignore[arg-type]
            options=sent,
        )
        for cluster in (pair.standby, pair.primary)
    ]
    settings = pair.settings(*(pooler.port for pooler in poolers))
    for role, cluster in (("writer", pair.primary), ("replica", pair.standby)):
        connection = await address_of(settings, role).connect(timeout=5, statement_cache_size=0)  # type: ignore[arg-type]
        assert await connection.fetchval(PORT) == cluster.port
        await connection.close()

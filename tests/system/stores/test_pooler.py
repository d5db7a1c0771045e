"""Two pods, two tenants and one server connection: no call sees or changes what belongs to the other tenant."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date
from typing import Any

import anyio
import pytest
from mcp.client import Client

from devkit.settings import WORKSPACE
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from orders_mcp.sample_data.plan import Plan
from servicekit.audit.hash_chain import verify
from servicekit.journal.postgres import audit_trail
from servicekit.settings.database import Pooler
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call
from tests.fixtures.databases import connected, copy_of, seeded, service_on
from tests.system.load.sizes import size

from .pgbouncer import PoolMode
from .pooled_pod import TENANTS
from .site import Stores

pytestmark = pytest.mark.slow

IGNORED = {"ignore_startup_parameters": "default_transaction_read_only,statement_timeout,jit"}
WAYS = [("transaction", "transaction", 1), ("transaction", "direct", 1), ("session", "direct", 12)]
Found = dict[str, Any]


@pytest.fixture(scope="module")
def template(postgres: PostgresServer) -> DatabaseUrls:
    """Orders, migrated and filled."""
    return seeded(postgres.admin_url, "orders", "pooled_template", Plan(400, 3, date(2026, 6, 1)))


@pytest.fixture
async def urls(postgres: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A copy for one test to change."""
    manager = copy_of(template, postgres)
    yield await anyio.to_thread.run_sync(manager.__enter__)
    await anyio.to_thread.run_sync(manager.__exit__, None, None, None)


async def pod(url: str, pooler: Pooler, calls: int, seed: int) -> Found:
    """What a process of its own has seen."""
    arguments = ["-m", "tests.system.stores.pooled_pod", url, pooler, str(calls), str(seed)]
    process = await anyio.run_process([sys.executable, *arguments], cwd=WORKSPACE, stderr=None)
    found: Found = json.loads(process.stdout)
    return found


async def on_hand(urls: DatabaseUrls, tenant: str) -> int:
    async with connected(urls.owner, tenant) as connection:
        return int(await connection.fetchval("SELECT on_hand FROM orders.inventory ORDER BY sku LIMIT 1"))


@pytest.mark.parametrize(("mode", "pooler", "pool_size"), WAYS)
async def test_processes_on_one_server_connection_keep_tenants_apart(
    stores: Stores, urls: DatabaseUrls, luck: random.Random, mode: PoolMode, pooler: Pooler, pool_size: int
) -> None:
    pooled = stores.pgbouncer(urls, mode=mode, pool_size=pool_size, options=IGNORED).urls(urls)
    calls = size(10_000, share=500)
    before = {tenant: await on_hand(urls, tenant) for tenant in TENANTS}
    pods = await asyncio.gather(*(pod(pooled.writer, pooler, calls // 2, luck.randrange(2**32)) for _ in range(2)))
    print(f"{mode} pooling, POOLER={pooler}: {calls} calls:", *pods)
    written = sum((Counter(one["written"]) for one in pods), Counter[str]())
    assert [one["foreign"] for one in pods] == [0, 0]
    assert all(one["rows"] and one["cut"] for one in pods)
    assert {tenant: await on_hand(urls, tenant) - before[tenant] for tenant in TENANTS} == dict(written)


async def ids(urls: DatabaseUrls, tenant: str) -> list[str]:
    async with connected(urls.owner, tenant) as connection:
        return [str(row["id"]) for row in await connection.fetch("SELECT id FROM orders.orders ORDER BY id")]


@pytest.mark.parametrize(("mode", "pooler", "pool_size"), WAYS)
async def test_calls_of_clients_on_one_server_connection_keep_tenants_apart(
    stores: Stores, urls: DatabaseUrls, luck: random.Random, mode: PoolMode, pooler: Pooler, pool_size: int
) -> None:
    """The whole server, with journal and audit trail, in two replicas."""
    pooled = stores.pgbouncer(urls, mode=mode, pool_size=pool_size, options=IGNORED).urls(urls)
    own = {tenant: await ids(urls, tenant) for tenant in TENANTS}
    notes: dict[str, str] = {}

    async def one(clients: dict[str, list[Client]], number: int) -> None:
        tenant = luck.choice(TENANTS)
        client, order_id = luck.choice(clients[tenant]), luck.choice(own[tenant])
        kind = luck.random()
        if kind < 0.3:
            found = await call(client, "search_orders", limit=10)
            assert {order["id"] for order in found["items"]} <= set(own[tenant])
        elif kind < 0.6:
            foreign = luck.choice(own[TENANTS[tenant == TENANTS[0]]])
            assert (await call(client, "get_order", order_id=order_id))["id"] == order_id
            refused = await client.call_tool("get_order", {"order_id": foreign})
            assert refused.is_error
        elif kind < 0.7:
            work = asyncio.create_task(client.call_tool("search_orders", {"limit": 50}))
            await asyncio.sleep(luck.random() / 50)
            work.cancel()
            await asyncio.wait([work])
        else:
            order_id = own[tenant][number % len(own[tenant])]
            await call(client, "update_order_notes", order_id=order_id, notes=f"note {number}")
            notes[order_id] = f"note {number}"

    async with AsyncExitStack() as stack:
        clients: dict[str, list[Client]] = {tenant: [] for tenant in TENANTS}
        for _ in range(2):
            service = service_on("orders", pooled, pooler=pooler, connections=4, call_timeout=60)
            await stack.enter_async_context(service.running())
            for tenant in TENANTS:
                who = caller("orders:read", "orders:write", tenant=tenant)
                clients[tenant].append(await stack.enter_async_context(connect(service, who)))
        calls = size(1000, share=50)
        for first in range(0, calls, 20):  # fewer at once than orders of a tenant, so that no two write one note
            await asyncio.gather(*(one(clients, number) for number in range(first, first + 20)))
    print(f"{mode} pooling, POOLER={pooler}: {calls} calls of clients, {len(notes)} notes")
    for tenant in TENANTS:
        async with connected(urls.owner, tenant) as connection:
            rows = await connection.fetch("SELECT id::text, notes FROM orders.orders WHERE notes LIKE 'note %'")
        assert dict(map(tuple, rows)) == {key: notes[key] for key in own[tenant] if key in notes}
    async with audit_trail(pooled.owner, "orders") as journal:
        verdict = await verify(journal.trail())
    assert verdict.problems == []
    assert verdict.entries >= len(notes)

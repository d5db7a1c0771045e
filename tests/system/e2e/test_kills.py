"""kill -9 around COMMIT, many times: no acknowledged write is lost or doubled, every retry gets the truth.

`KILLS` sets how often (`make kills N=200`), `SEED` repeats a run; the seed is printed.
"""

import os
import random
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import anyio
import asyncpg
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from devkit.issuer.testing import RunningIssuer
from devkit.stores.testing import PostgresServer
from orders_mcp.sample_data.plan import Plan
from servicekit.audit.hash_chain import verify
from servicekit.journal.postgres import audit_trail
from tests.fixtures.databases import seeded

from .commit_proxy import CommitProxy
from .victim import Victim, serve_service, steady_port

KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(2**32))))
MOMENTS = ("before", "after", "never")


class Site:
    """The orders server behind the proxy, and a way to look at its database."""

    def __init__(
        self, victim: Victim, proxy: CommitProxy, url: str, token: str, admin_url: str, owner_url: str
    ) -> None:
        self.victim = victim
        self.proxy = proxy
        self._url = url
        self._token = token
        self._admin_url = admin_url
        self._owner_url = owner_url

    async def draft(self, key: str, quantity: int) -> Any:
        """One write, as a client makes it: the result, or None when the server died under it."""
        arguments = {
            "customer_id": self.customer,
            "items": [{"sku": self.sku, "quantity": quantity}],
            "idempotency_key": key,
        }
        result = None
        try:
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {self._token}"}, timeout=20) as http,
                Client(streamable_http_client(self._url, http_client=http)) as client,
            ):
                result = await client.call_tool("create_draft_order", arguments)
        except* (httpx2.HTTPError, MCPError):
            pass
        return result

    async def audited(self, entries: int) -> None:
        """Wait until the trail has so many entries: those of repeated replies are written a moment later."""
        found = -1
        for _ in range(500):
            found = (await self.look("SELECT count(*) FROM orders.audit_log"))[0][0]
            if found == entries:
                return
            await anyio.sleep(0.02)
        pytest.fail(f"the audit trail has {found} entries instead of {entries}")

    async def broken_places(self) -> list[str]:
        """What a verification of the audit trail finds."""
        async with audit_trail(self._owner_url, "orders") as journal:
            return (await verify(journal.trail())).problems

    async def look(self, query: str) -> list[asyncpg.Record]:
        """Rows as the superuser sees them."""
        connection = await asyncpg.connect(self._admin_url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    customer: str
    sku: str


@pytest.fixture
def site(postgres: PostgresServer, issuer: RunningIssuer) -> Iterator[Site]:
    name = f"kills_{uuid.uuid4().hex[:8]}"
    urls = seeded(postgres.admin_url, "orders", name, Plan(size=50, seed=1, until=date(2026, 1, 1)))
    port = steady_port()
    proxy = CommitProxy(int(postgres.admin_url.rsplit(":", 1)[1]), lambda: victim.kill())
    writer = urls.writer.replace(postgres.admin_url.rsplit(":", 1)[1], str(proxy.port))
    url = f"http://127.0.0.1:{port}/mcp"
    settings = {
        "port": port,
        "public_url": url,
        "issuer": issuer.url,
        "reader_url": urls.reader,
        "writer_url": writer,
        "state_keys": "kills-" * 8,
        "log_level": "error",
    }
    victim = Victim(port, serve_service, "orders", settings)
    token = issuer.mint(url, scopes=["orders:read", "orders:write"], tenant="acme")
    victim.start()
    try:
        yield Site(victim, proxy, url, token, f"{postgres.admin_url}/{name}", urls.owner)
    finally:
        victim.kill()
        proxy.close()


@pytest.mark.slow
async def test_no_write_is_lost_or_doubled_by_kill_9(site: Site) -> None:
    print(f"SEED={SEED} KILLS={KILLS}")
    chance = random.Random(SEED)
    site.customer = str((await site.look("SELECT id FROM orders.customers WHERE tenant_id = 'acme' LIMIT 1"))[0][0])
    site.sku = str((await site.look("SELECT sku FROM orders.products WHERE tenant_id = 'acme' LIMIT 1"))[0][0])
    drafts = "SELECT number FROM orders.orders WHERE tenant_id = 'acme' AND status = 'draft'"
    known = {row["number"] for row in await site.look(drafts)}
    entries = 0
    for kill in range(KILLS):
        moment = chance.choice(MOMENTS)
        key, quantity = str(uuid.uuid4()), chance.randint(1, 9)
        if moment != "never":
            site.proxy.arm(moment)
        first = await site.draft(key, quantity)
        if moment == "never":
            assert first is not None
            assert not first.is_error
        else:
            assert first is None, f"kill {kill}: the reply came although the server was killed {moment} COMMIT"
            assert site.proxy.fired.wait(10)
            site.victim.start()
        committed = {row["number"] for row in await site.look(drafts)} - known
        assert len(committed) == (0 if moment == "before" else 1), f"kill {kill}: {moment} COMMIT"
        retry = await site.draft(key, quantity)
        assert retry is not None
        assert not retry.is_error, retry.content
        assert ((retry.meta or {}).get("fleet/replayed", False)) is (moment != "before")
        after = {row["number"] for row in await site.look(drafts)} - known
        assert after == {retry.structured_content["number"]}, f"kill {kill}: {moment} COMMIT left {after}"
        known |= after
        entries += 1 if moment == "before" else 2  # the write, and the repeated reply
        await site.audited(entries)
    assert await site.broken_places() == []

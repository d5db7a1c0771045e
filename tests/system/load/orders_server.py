"""The orders server in a process of its own, with the data of two tenants, and callers of both."""

import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import asyncpg

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from orders_mcp.sample_data.plan import Plan
from tests.fixtures.databases import seeded
from tests.system.e2e.victim import Victim, serve_service, steady_port

from .stateless_app import UNLIMITED
from .wire import Wire

TENANTS = ("acme", "globex")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[\w.+-]+@[\w.-]+")


@dataclass
class OrdersServer:
    """The server, and what is known of its data."""

    victim: Victim
    base_url: str
    issuer: RunningIssuer
    admin_url: str
    orders: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, frozenset[str]] = field(default_factory=dict)
    """Every id and e-mail address of a tenant."""

    def wire(self, tenant: str, subject: str, host: str | None = None) -> Wire:
        """A client signed in as a user of a tenant."""
        scopes = ["orders:read", "orders:write"]
        token = self.issuer.mint(f"{self.base_url}/mcp", scopes=scopes, tenant=tenant, subject=subject)
        return Wire(self.base_url, token, host)

    def some_call(self, chance: random.Random, tenant: str) -> tuple[str, dict[str, Any]]:
        """A call of the kind that the server gets all day, good and bad."""
        order = chance.choice(self.orders[tenant])
        return chance.choice(
            [
                ("search_orders", {"limit": chance.randint(1, 20)}),
                ("search_orders", {"query": chance.choice(["paid", "@example", "1042", "smith"])}),
                ("get_order", {"order_id": order}),
                ("get_order", {"order_id": order}),
                ("get_order_timeline", {"order_id": order}),
                ("get_payment_status", {"order_id": order}),
                ("get_inventory", {"skus": ["no-such-thing"]}),
                ("get_order", {"order_id": order, "colour": "blue"}),
                ("orders_whoami", {}),
                ("no_such_tool", {}),
            ]
        )

    def foreign(self, tenant: str, text: str) -> set[str]:
        """Ids and addresses in a text that are another tenant's."""
        return {name for name in _ID.findall(text) for other in TENANTS if other != tenant and name in self.own[other]}

    async def rows(self, query: str) -> list[asyncpg.Record]:
        """Rows as the superuser sees them."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def learn(self) -> None:
        """Read what each tenant has."""
        for tenant in TENANTS:
            queries = ("SELECT id::text FROM orders.orders", "SELECT id::text FROM orders.customers")
            names = [
                {row[0] for row in await self.rows(f"{query} WHERE tenant_id = '{tenant}'")}
                for query in (*queries, "SELECT email FROM orders.customers")
            ]
            self.orders[tenant] = sorted(names[0])
            self.own[tenant] = frozenset().union(*names)
        shared = self.own["acme"] & self.own["globex"]
        self.own = {tenant: names - shared for tenant, names in self.own.items()}

    def resources(self) -> tuple[int, int]:
        """Resident bytes and open descriptors of the server's process, as Linux counts them."""
        process = Path(f"/proc/{self.victim.process_id}")
        pages = int((process / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(list((process / "fd").iterdir()))


def settings_at(port: int, urls: DatabaseUrls, issuer: RunningIssuer) -> dict[str, Any]:
    """The settings of a server on a port, without limits."""
    return {
        **UNLIMITED,
        "port": port,
        "public_url": f"http://127.0.0.1:{port}/mcp",
        "issuer": issuer.url,
        "reader_url": urls.reader,
        "writer_url": urls.writer,
        "state_keys": "orders-" * 8,
        "log_level": "error",
    }


@contextmanager
def orders_server(
    admin_url: str, issuer: RunningIssuer, serve: Any = serve_service, *arguments: Any, **settings: Any
) -> Iterator[OrdersServer]:
    """The server, running.

    Args:
        serve: what runs in the process, called with the service's name, its settings, and `arguments`.
    """
    name = f"orders_{uuid4().hex[:8]}"
    urls = seeded(admin_url, "orders", name, Plan(size=500, seed=1, until=date(2026, 1, 1)))
    port = steady_port()
    base_url = f"http://127.0.0.1:{port}"
    victim = Victim(port, serve, "orders", settings_at(port, urls, issuer) | settings, *arguments)
    victim.start()
    try:
        made = OrdersServer(victim, base_url, issuer, f"{admin_url}/{name}")
        anyio.run(made.learn)
        yield made
    finally:
        victim.kill()

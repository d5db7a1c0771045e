"""Two replicas of the orders server in processes of their own, on the stores that a test chooses."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import anyio
import asyncpg

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from orders_mcp.sample_data.plan import Plan
from servicekit.audit.hash_chain import verify
from servicekit.journal.postgres import audit_trail
from servicekit.storage.redis import store as redis
from tests.fixtures.databases import seeded
from tests.system.e2e.victim import Victim, serve_service, steady_port
from tests.system.load.orders_server import TENANTS, OrdersServer, settings_at

from .crowd import Arguments, Crowd, Turns
from .postgres_versions import PostgresCluster

MARKS = "SELECT shipping_address AS mark, tenant_id AS tenant FROM orders.orders WHERE shipping_address LIKE 'mark-%'"


def serve_patiently(name: str, settings: dict[str, Any]) -> None:
    """Serve with more patience for the store than in production: a busy machine is no outage."""
    redis.REPLY_TIMEOUT = 0.5  # type: ignore[misc]
    serve_service(name, settings)


class OrdersWork:
    """Searches, reads of known orders and of own drafts, new drafts."""

    def __init__(self, site: OrdersServer, customers: dict[str, list[str]], skus: dict[str, list[str]]) -> None:
        self._site, self._customers, self._skus = site, customers, skus

    def read(self, luck: random.Random, tenant: str, made: Sequence[str]) -> tuple[str, Arguments]:
        """A search, an order, or a draft that the caller has just made."""
        chance = luck.random()
        if chance < 0.2:
            return "search_orders", {"limit": luck.randint(1, 10)}
        if made and chance < 0.6:
            return "get_order", {"order_id": made[-1]}
        return "get_order", {"order_id": luck.choice(self._site.orders[tenant])}

    def write(self, luck: random.Random, tenant: str, mark: str) -> tuple[str, Arguments]:
        """A draft that is to be sent to the mark."""
        item = {"sku": luck.choice(self._skus[tenant]), "quantity": luck.randint(1, 9)}
        customer = luck.choice(self._customers[tenant])
        return "create_draft_order", {"customer_id": customer, "items": [item], "shipping_address": mark}

    def made(self, answer: dict[str, Any]) -> str:
        """The draft's id."""
        return str(answer["order_id"])

    def foreign(self, tenant: str, text: str) -> set[str]:
        """Ids and addresses of the other tenant."""
        return self._site.foreign(tenant, text)


class OrdersPair:
    """The replicas, and the owner's view of their data."""

    def __init__(self, replicas: Sequence[OrdersServer], owner: str) -> None:
        self._replicas = replicas
        self._owner = owner

    async def crowd(self, luck: random.Random) -> Crowd:
        """Callers of both replicas."""
        first = self._replicas[0]
        await first.learn()
        names: list[dict[str, list[str]]] = []
        for query in ("SELECT id::text FROM orders.customers", "SELECT sku FROM orders.products"):
            found = {t: sorted(r[0] for r in await first.rows(f"{query} WHERE tenant_id = '{t}'")) for t in TENANTS}
            names.append(found)
        return Crowd(OrdersWork(first, *names), self._client, luck, TENANTS)

    async def judge(self, crowd: Crowd, last: PostgresCluster) -> list[str]:
        """What breaks the rules, after the table was printed. `last` has the data at the end."""
        owner = at(self._owner, f"127.0.0.1:{last.port}")
        connection = await asyncpg.connect(f"{last.admin_url}{urlsplit(owner).path}")
        try:
            rows = [row for row in await connection.fetch(MARKS) if row["mark"] in crowd.sent]
        finally:
            await connection.close()
        problems = crowd.judge(Counter(row["mark"] for row in rows))
        problems += [f"{row['mark']} of another tenant" for row in rows if crowd.sent[row["mark"]] != row["tenant"]]
        async with audit_trail(owner, "orders") as journal:
            verdict = await verify(journal.trail())
        print(f"{len(rows)} drafts, {len(crowd.acknowledged)} acknowledged, {verdict.entries} audit entries verified")
        if verdict.entries < len(rows):
            problems.append(f"{verdict.entries} audit entries for {len(rows)} drafts")
        return [*problems, *map(str, verdict.problems)]

    def _client(self, number: int, tenant: str) -> Turns:
        return Turns([replica.wire(tenant, f"caller-{number}") for replica in self._replicas])


def at(url: str, places: str) -> str:
    """A database URL with other hosts."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{places}").geturl()


def seed(admin_url: str) -> DatabaseUrls:
    """The data of both tenants, on a new server."""
    return seeded(admin_url, "orders", "chaos", Plan(size=200, seed=1, until=date(2026, 1, 1)))


@contextmanager
def orders_pair(
    issuer: RunningIssuer, admin_url: str, urls: DatabaseUrls, change: Callable[[], dict[str, Any]] = dict
) -> Iterator[OrdersPair]:
    """The replicas, running.

    Args:
        admin_url: the superuser's URL of the primary, without a database.
        change: makes further settings of one replica.
    """
    replicas = list[OrdersServer]()
    try:
        for _ in range(2):
            port = steady_port()
            base_url = f"http://127.0.0.1:{port}"
            own = {"call_timeout": 10, "limit_tenant_share": 0, **change()}
            settings = settings_at(port, urls, issuer) | own
            victim = Victim(port, serve_patiently, "orders", settings)
            victim.start()
            replicas.append(OrdersServer(victim, base_url, issuer, f"{admin_url}/{urls.database}"))
        yield OrdersPair(replicas, urls.owner)
    finally:
        for replica in replicas:
            replica.victim.kill()


def run(work: Callable[[], Any]) -> Any:
    """Run asynchronous work between parts of a test that need a loop of their own."""
    return anyio.run(work)

"""A primary with a streaming replica, and the orders server on both."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls, bootstrap
from servicekit.server.service import Service
from servicekit.storage.migrations import migrate
from servicekit.testing.service import connect
from tests.fixtures.databases import service_on
from tests.services.orders.scene import CLERK, PLAN

from .postgres_versions import PostgresCluster
from .site import Stores

READER = replace(CLERK, subject="reader")
"""A user who wrote nothing."""


@dataclass
class Replicated:
    """Both servers, and the URLs of the primary."""

    primary: PostgresCluster
    replica: PostgresCluster
    urls: DatabaseUrls

    def on_replica(self, url: str) -> str:
        """The URL of the same role and database on the replica."""
        return url.replace(f":{self.primary.port}/", f":{self.replica.port}/")

    def on_both(self, url: str) -> str:
        """A URL that names both servers."""
        hosts = f"@127.0.0.1:{self.primary.port},127.0.0.1:{self.replica.port}/"
        return re.sub(r"@[^/]+/", hosts, url)

    @asynccontextmanager
    async def serving(self, **settings: Any) -> AsyncIterator[Service]:
        """A running server that reads from the replica where it may."""
        chosen = {"replica_url": self.on_replica(self.urls.reader), **settings}
        service = service_on("orders", self.urls, **chosen)
        async with service.running():
            yield service

    @asynccontextmanager
    async def clients(self, **settings: Any) -> AsyncIterator[tuple[Service, Client, Client]]:
        """The server, a client that writes, and one that only reads."""
        async with (
            self.serving(**settings) as service,
            connect(service, CLERK) as clerk,
            connect(service, READER) as reader,
        ):
            yield service, clerk, reader


async def replicated(stores: Stores, *, durable: bool = False, **options: str) -> Replicated:
    """Start both, with the tables and data of orders.

    Args:
        durable: a commit waits until the replica has it, too.
        options: parameters of the primary.
    """
    primary = stores.postgres(options=options, durable=durable)
    urls = await bootstrap(primary.admin_url, "orders", password_of=lambda role: role)
    await migrate(urls.owner, "orders_mcp")
    await import_module("orders_mcp.sample_data.load").load_plan(urls.owner, PLAN)
    replica = await stores.replica_of(primary)
    await replica.wait_until_received(primary)
    if durable:
        await primary.configure(synchronous_standby_names="*", synchronous_commit="on")
    return Replicated(primary, replica, urls)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Return once the condition holds; `TimeoutError` if it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # no event says it
            await asyncio.sleep(0.05)

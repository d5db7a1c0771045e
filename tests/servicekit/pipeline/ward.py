"""The faults app over HTTP and in memory, and calls that stay in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from devkit.issuer.testing import RunningIssuer
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect, serving
from tests.servicekit.apps.faults_app import READ, FaultTools, faults_app
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import WritesDatabase, until
from tests.servicekit.conftest import ACCEPT, Era, at

ANN = caller(READ)
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"


@dataclass
class Ward:
    """The faults app over HTTP, its tools, and the database behind them."""

    writes: WritesDatabase
    issuer: RunningIssuer
    base_url: str
    service: Service
    tools: FaultTools

    def headers(self, subject: str = "ann") -> dict[str, str]:
        token = self.issuer.mint(f"{self.base_url}/mcp", scopes=[READ], subject=subject)
        return {"Authorization": f"Bearer {token}", **ACCEPT}

    @asynccontextmanager
    async def client(self, subject: str = "ann", era: Era = "auto") -> AsyncIterator[Client]:
        limits = httpx2.Limits(max_connections=100)
        async with (
            httpx2.AsyncClient(headers=self.headers(subject), timeout=20, limits=limits) as http,
            Client(streamable_http_client(f"{self.base_url}/mcp", http_client=http), mode=era) as client,
        ):
            yield client

    async def is_idle(self) -> bool:
        """Whether nothing sleeps in Postgres, no slot is taken, and every connection is in the pool."""
        pool = self.tools.database._pool
        sleeping = (await self.writes.rows(SLEEPING))[0][0]
        return (
            not sleeping and not self.service.pipeline.concurrency.running and pool.get_idle_size() == pool.get_size()
        )

    async def sleeps(self) -> bool:
        """Whether something sleeps in Postgres."""
        return bool((await self.writes.rows(SLEEPING))[0][0])


@contextmanager
def ward(writes: WritesDatabase, issuer: RunningIssuer, **settings: Any) -> Iterator[Ward]:
    made: list[tuple[Service, FaultTools]] = []

    def build(port: int) -> Service:
        made.append(faults_app(writes.urls, app_settings(**at(port, issuer.url), **settings)))
        return made[0][0]

    with ExitStack() as stack:
        base_url = stack.enter_context(serving(build))
        yield Ward(writes, issuer, base_url, *made[0])


@asynccontextmanager
async def in_memory(
    writes: WritesDatabase, era: Era = "auto", **settings: Any
) -> AsyncIterator[tuple[Client, Service, FaultTools]]:
    service, tools = faults_app(writes.urls, app_settings(**settings))
    async with service.running(), connect(service, ANN, mode=era) as client:
        yield client, service, tools


async def held(client: Client, tools: FaultTools) -> asyncio.Task[Any]:
    """A call that has its slot, and keeps it."""
    call = asyncio.create_task(client.call_tool("hold", {}))

    async def inside() -> bool:
        return tools.inside == 1

    await until(inside)
    return call

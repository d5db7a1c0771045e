"""The database of one test of the writes app, and one or more servers on it."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from servicekit.audit.hash_chain import Verification, verify
from servicekit.core.caller import Caller
from servicekit.journal.postgres import audit_trail
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect, serving

from .general_app import app_settings
from .writes_app import EVERYTHING, SCHEMA, writes_app

ANN = caller(*EVERYTHING)
DEADLINE = 10.0  # seconds
BUSY = "is not answering at the moment. Nothing was changed; try again"


@dataclass(frozen=True)
class Replicas:
    """Servers on one database, over HTTP."""

    base_urls: tuple[str, ...]
    issuer: RunningIssuer

    def token(self, **changes: Any) -> str:
        """A token that is good at each of them."""
        claims = {"scopes": EVERYTHING, "subject": "ann", "client_id": "tests", **changes}
        return self.issuer.mint([f"{url}/mcp" for url in self.base_urls], **claims)

    @asynccontextmanager
    async def clients(self, **options: Any) -> AsyncIterator[list[Client]]:
        """The official client, once for each server."""
        async with AsyncExitStack() as stack:
            headers = {"Authorization": f"Bearer {self.token()}"}
            limits = httpx2.Limits(max_connections=30)
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=20, limits=limits))
            transports = [streamable_http_client(f"{url}/mcp", http_client=http) for url in self.base_urls]
            yield [await stack.enter_async_context(Client(transport, **options)) for transport in transports]


@dataclass(frozen=True)
class WritesDatabase:
    """The database of one test, and servers on it."""

    urls: DatabaseUrls
    admin_url: str
    name: str = field(default_factory=lambda: f"accounts-{secrets.token_hex(4)}")

    def own_tool(self, tool: str) -> str:
        """The name of one of the kit's own tools here."""
        return f"{self.name.replace('-', '_')}_{tool}"

    def service(self, **settings: Any) -> Service:
        """A replica that is not started yet."""
        return writes_app(self.urls, app_settings(**settings), name=self.name)

    @asynccontextmanager
    async def client(self, who: Caller = ANN, *, mode: Any = "auto", **options: Any) -> AsyncIterator[Client]:
        """The official client in memory, connected to a replica of its own."""
        service = self.service()
        async with service.running(), connect(service, who, mode=mode, **options) as client:
            yield client

    @contextmanager
    def replicas(self, issuer: RunningIssuer, count: int = 2, **settings: Any) -> Iterator[Replicas]:
        """Servers over HTTP."""

        def build(port: int) -> Service:
            return self.service(port=port, public_url=f"http://127.0.0.1:{port}/mcp", issuer=issuer.url, **settings)

        with ExitStack() as stack:
            yield Replicas(tuple(stack.enter_context(serving(build)) for _ in range(count)), issuer)

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """What a superuser sees, or does; `{schema}` stands for the app's schema."""
        connection = await asyncpg.connect(f"{self.admin_url}/{self.urls.database}")
        try:
            return await connection.fetch(query.replace("{schema}", SCHEMA), *arguments)
        finally:
            await connection.close()

    async def balance(self, account_id: str = "till", tenant: str = "acme") -> int:
        """Cents in an account."""
        query = "SELECT balance FROM {schema}.accounts WHERE (tenant_id, id) = ($1, $2)"
        return int((await self.rows(query, tenant, account_id))[0][0])

    async def audited(self, query: str = "true") -> list[dict[str, Any]]:
        """The entries of the trail, as an operator reads them, oldest first."""
        rows = await self.rows(f"SELECT entry::json FROM {{schema}}.audit_log WHERE {query} ORDER BY at, lane, number")
        return [json.loads(row[0]) for row in rows]

    async def verdict(self) -> Verification:
        """What `audit verify` finds, as the owner."""
        async with audit_trail(self.urls.owner, SCHEMA) as journal:
            return await verify(journal.trail())


def text_of(result: Any) -> str:
    """The text of a result."""
    text: str = result.content[0].text
    return text


def confirmation_in(result: Any) -> tuple[str, dict[str, str]]:
    """The call that confirms a preview, as a model finds it in the text: a tool and its arguments."""
    found = re.search(r"call (\w+_confirm_action) with code (\S+) within 10 minutes", text_of(result))
    assert found is not None, text_of(result)
    assert not result.is_error
    assert result.structured_content["code"] == found[2]
    return found[1], {"code": found[2]}


def new_key() -> str:
    """A fresh idempotency key."""
    return secrets.token_urlsafe(16)


async def together(*calls: Any) -> list[Any]:
    """The results of calls that run at once; a failure is a result."""
    return await asyncio.gather(*calls, return_exceptions=True)


async def insist(client: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """The answer of a call that is repeated as long as its answer advises to: a busy machine may have no connection to
    the database free in time."""
    end = time.monotonic() + DEADLINE
    while True:
        result = await client.call_tool(tool, arguments)
        if BUSY not in text_of(result) or time.monotonic() > end:
            return result


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what happens soon, by itself."""
    end = time.monotonic() + DEADLINE
    while not await condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)

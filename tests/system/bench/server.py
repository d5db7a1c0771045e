"""The servers under measurement, one to a process, each with the same two tools: `add`, and `get_account` on Postgres.

Ours is what a service is in production: a token verified, scopes, policy, limits in the shared store, strict
arguments, row-level security, an audit entry for each call. The peers are as in their quick starts,
without authentication, limits or audit. All are stateless, under uvicorn's defaults.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import uvicorn
from pydantic import BaseModel

from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.journal.postgres import PostgresJournal
from servicekit.registry.tools import read
from servicekit.server.run import http_server
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.postgres import Database

SCHEMA: Final = "bench"
SCOPE: Final = "bench:use"
_PLENTY: Final = 1_000_000_000
_CONNECTIONS: Final = 10


class Sum(BaseModel):
    """What two numbers make."""

    sum: int


class Account(BaseModel):
    """One account."""

    id: str
    owner: str
    balance: int


class Tools:
    """Ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(sum=a + b)

    async def get_account(self, account_id: str) -> Account:
        """Look up an account."""
        query = f"SELECT id, owner, balance FROM {SCHEMA}.accounts WHERE id = $1"
        row = await self._database.fetchrow(query, account_id)
        if row is None:
            raise Refused(f"No account {account_id}.")
        return Account(**row)


def kit(options: dict[str, Any]) -> uvicorn.Server:
    """Ours, with everything on."""
    port = options["port"]
    limits = {f"limit_{kind}": _PLENTY for kind in ("server", "caller", "tool", "address")}
    settings = ServiceSettings(
        port=port,
        public_url=f"http://127.0.0.1:{port}/mcp",
        issuer=options["issuer"],
        redis_url=options["redis"],
        **limits,
    )
    database = Database(options["writer"], connections=_CONNECTIONS)
    tools = Tools(database)
    service = Service(
        settings=settings,
        identity=ServerIdentity(name="bench", title="Bench", version="1.0.0", instructions="Is measured."),
        components=[database],
        journal=PostgresJournal(database, SCHEMA),
        tools=[read(tools.add, scope=SCOPE), read(tools.get_account, scope=SCOPE)],
    )
    return http_server(service)


def sdk(options: dict[str, Any]) -> uvicorn.Server:
    """The official SDK's high-level server."""
    from mcp.server.mcpserver import MCPServer

    pool, connected = _pool(options["owner"])
    server: Any = MCPServer("bench", lifespan=connected, log_level="WARNING")
    _add_tools(server.tool(), pool)
    return _plain(server.streamable_http_app(stateless_http=True), options["port"])


def fastmcp(options: dict[str, Any]) -> uvicorn.Server:
    """FastMCP."""
    from fastmcp import FastMCP

    pool, connected = _pool(options["owner"])
    server: Any = FastMCP("bench", lifespan=connected)
    _add_tools(server.tool, pool)
    return _plain(server.http_app(stateless_http=True), options["port"])


def _add_tools(tool: Callable[[Any], Any], pool: dict[str, Any]) -> None:
    async def add(a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(sum=a + b)

    async def get_account(account_id: str) -> Account:
        """Look up an account."""
        query = f"SELECT id, owner, balance FROM {SCHEMA}.accounts WHERE tenant_id = 'acme' AND id = $1"
        return Account(**await pool["pool"].fetchrow(query, account_id))

    tool(add)
    tool(get_account)


def _pool(url: str) -> tuple[dict[str, Any], Any]:
    held: dict[str, Any] = {}

    @asynccontextmanager
    async def connected(_: Any) -> AsyncIterator[dict[str, Any]]:
        if "pool" not in held:  # some enter this once for each request
            held["pool"] = await asyncpg.create_pool(url, max_size=_CONNECTIONS)
        yield {}

    return held, connected


def _plain(app: Any, port: int) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(app, port=port, lifespan="on", log_config=None, access_log=False, server_header=False)
    )


SERVERS: Final = {"kit": kit, "sdk": sdk, "fastmcp": fastmcp}


if __name__ == "__main__":
    given = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    SERVERS[sys.argv[1]](given).run()

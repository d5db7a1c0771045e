"""The Python peers, one to a process, as in their quick starts: without authentication, limits, audit or telemetry.

All are stateless, under uvicorn with one worker.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.system.bench.database import SCHEMA
from tests.system.bench.options import read_options
from tests.system.bench.ours import Account, Sum

_CONNECTIONS: Final = 10
_QUERY: Final = f"SELECT id, owner, balance FROM {SCHEMA}.accounts WHERE tenant_id = 'acme' AND id = $1"


def mcpserver(options: dict[str, Any]) -> ASGIApp:
    """The official SDK's high-level server."""
    from mcp.server.mcpserver import MCPServer

    pool, connected = _pool(options["owner"])
    server: Any = MCPServer("bench", lifespan=connected, log_level="WARNING")
    _add_tools(server.tool(), pool)
    app: ASGIApp = server.streamable_http_app(stateless_http=True)
    return app


def fastmcp(options: dict[str, Any]) -> ASGIApp:
    """FastMCP."""
    from fastmcp import FastMCP

    pool, connected = _pool(options["owner"])
    server: Any = FastMCP("bench", lifespan=connected)
    _add_tools(server.tool, pool)
    app: ASGIApp = server.http_app(stateless_http=True)
    return app


def floor(options: dict[str, Any]) -> ASGIApp:
    """No protocol at all: parses the body as JSON, adds or runs the query, and sends the result as JSON."""
    pool: list[Any] = []
    opening = asyncio.Lock()

    async def result(arguments: dict[str, Any]) -> dict[str, Any]:
        if "account_id" not in arguments:
            return {"sum": arguments["a"] + arguments["b"]}
        async with opening:  # the first calls come at once
            if not pool:
                pool.append(await asyncpg.create_pool(options["owner"], max_size=_CONNECTIONS))
        return dict(await pool[0].fetchrow(_QUERY, arguments["account_id"]))

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        message = json.loads((await receive())["body"])
        found = await result(message["params"]["arguments"])
        answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {"structuredContent": found}}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return app


def _add_tools(tool: Callable[[Any], Any], pool: dict[str, Any]) -> None:
    async def add(a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(sum=a + b)

    async def get_account(account_id: str) -> Account:
        """Look up an account."""
        return Account(**await pool["pool"].fetchrow(_QUERY, account_id))

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


APPS: Final = {"mcpserver": mcpserver, "fastmcp": fastmcp, "floor": floor}


if __name__ == "__main__":
    given = read_options()
    app = APPS[sys.argv[1]](given)
    lifespan: Any = "off" if sys.argv[1] == "floor" else "on"
    uvicorn.run(app, port=given["port"], lifespan=lifespan, log_config=None, access_log=False, server_header=False)

"""The MCP SDK for Python 1.x."""

from contextlib import asynccontextmanager
from typing import Any

from driver import run
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from sdk_v1_session import Session


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    async with (
        streamablehttp_client(url, headers=headers, auth=auth) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield Session(session)


run(connect, "mcp")

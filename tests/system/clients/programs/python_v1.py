"""The MCP SDK for Python 1.x."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

from driver import begun, run
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from sdk_v1_session import Session as SdkSession


class Session(SdkSession):
    def __init__(self, session: ClientSession, where: dict[str, Any]) -> None:
        super().__init__(session)
        self.where = where

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        """Over HTTP a call ends with its connection, which this SDK closes with the session."""

        async def call() -> None:
            async with connect(**self.where) as session:
                await session.call(name, arguments)

        task = asyncio.create_task(call())
        await begun()
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    async with (
        streamablehttp_client(url, headers=headers, auth=auth) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield Session(session, {"url": url, "headers": headers, "auth": auth})


run(connect, "mcp")

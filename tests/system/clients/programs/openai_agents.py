"""OpenAI Agents SDK: its server object, as its runner uses it."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

from agents.mcp import MCPServerStreamableHttp
from driver import begun, run


class Session:
    def __init__(self, server: MCPServerStreamableHttp) -> None:
        self.server = server

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self.server.list_tools()]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        result = await self.server.call_tool(name, arguments)
        assert not result.is_error, result.content[0].text
        return result.content[0].text

    async def resource(self, uri: str) -> str:
        return (await self.server.read_resource(uri)).contents[0].text

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return (await self.server.get_prompt(name, arguments)).messages[0].content.text

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        task = asyncio.create_task(self.call(name, arguments))
        await begun()
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    given = {"headers": headers} if headers else {"auth": auth}
    parameters = {"url": url, "timeout": 60, **given}
    async with MCPServerStreamableHttp(name="server", params=parameters, client_session_timeout_seconds=60) as server:
        yield Session(server)


run(connect, "openai-agents")

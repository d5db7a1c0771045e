"""langchain-mcp-adapters: its tools, and the session that it hands out."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

from driver import begun, run
from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from sdk_v1_session import Session as SdkSession


class Session:
    def __init__(self, client: MultiServerMCPClient) -> None:
        self.client = client
        self.seen = 0

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self.client.get_tools()]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        tools = {tool.name: tool for tool in await self.client.get_tools()}
        result = await tools[name].ainvoke(arguments)
        return result if isinstance(result, str) else json.dumps(result, default=str, ensure_ascii=False)

    async def resource(self, uri: str) -> str:
        return (await self.client.get_resources("server", uris=uri))[0].as_string()

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return str((await self.client.get_prompt("server", name, arguments=arguments))[0].content)

    async def complete(self, prompt: str, argument: str, start: str) -> list[str]:
        async with self.client.session("server") as session:
            return await SdkSession(session).complete(prompt, argument, start)

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        async def note(*_: Any) -> None:
            self.seen += 1

        self.client.callbacks = Callbacks(on_progress=note)
        await self.call(name, arguments)
        return self.seen

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        task = asyncio.create_task(self.call(name, arguments))
        await begun()
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    given = {"headers": headers} if headers else {"auth": auth}
    yield Session(MultiServerMCPClient({"server": {"transport": "streamable_http", "url": url, **given}}))


run(connect, "langchain-mcp-adapters")

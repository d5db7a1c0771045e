"""pydantic-ai: its toolset."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

from driver import begun, run
from pydantic_ai.mcp import MCPToolset


class Session:
    def __init__(self, toolset: MCPToolset, seen: list[Any]) -> None:
        self.toolset = toolset
        self.seen = seen

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self.toolset.list_tools()]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        result = await self.toolset.direct_call_tool(name, arguments)
        return result if isinstance(result, str) else json.dumps(result, default=str, ensure_ascii=False)

    async def resource(self, uri: str) -> str:
        return str(await self.toolset.read_resource(uri))

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return str(await self.toolset.get_prompt(name, arguments))

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        await self.call(name, arguments)
        return len(self.seen)

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        task = asyncio.create_task(self.call(name, arguments))
        await begun()
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    seen: list[Any] = []

    async def note(*progress: Any) -> None:
        seen.append(progress)

    given = {"headers": headers} if headers else {"auth": auth}
    async with MCPToolset(url, progress_handler=note, init_timeout=60, read_timeout=60, **given) as toolset:
        yield Session(toolset, seen)


run(connect, "pydantic-ai-slim")

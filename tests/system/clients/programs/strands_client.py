"""Strands Agents: its MCP client, which has a thread of its own."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
from driver import begun, run
from mcp.client.streamable_http import streamable_http_client
from strands.tools.mcp import MCPClient


class Session:
    def __init__(self, client: MCPClient) -> None:
        self.client = client

    async def tools(self) -> list[str]:
        return [tool.tool_name for tool in await asyncio.to_thread(self.client.list_tools_sync)]

    async def call(self, name: str, arguments: dict[str, Any], **options: Any) -> str:
        result = await asyncio.to_thread(self.client.call_tool_sync, uuid4().hex, name, arguments, **options)
        text = json.dumps(result["content"], ensure_ascii=False)
        assert result["status"] == "success", text
        return text

    async def resource(self, uri: str) -> str:
        return (await asyncio.to_thread(self.client.read_resource_sync, uri)).contents[0].text

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return (await asyncio.to_thread(self.client.get_prompt_sync, name, arguments)).messages[0].content.text

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        seen = []

        async def note(*progress: Any) -> None:
            seen.append(progress)

        await self.call(name, arguments, progress_callback=note)
        return len(seen)

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        signal = threading.Event()
        task = asyncio.create_task(self.call(name, arguments, cancel_signal=signal))
        await begun()
        signal.set()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    def transport() -> Any:
        http = httpx2.AsyncClient(headers=headers, auth=auth, timeout=60)
        return streamable_http_client(url, http_client=http)

    client = MCPClient(transport, startup_timeout=60)
    await asyncio.to_thread(client.start)
    try:
        yield Session(client)
    finally:
        await asyncio.to_thread(client.stop, None, None, None)


run(connect, "strands-agents")

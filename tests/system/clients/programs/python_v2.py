"""The MCP SDK for Python 2.x."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from driver import begun, run
from mcp import types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client


class Session:
    def __init__(self, client: Client) -> None:
        self.client = client

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        result = await self.client.call_tool(name, arguments)
        assert not result.is_error, result.content[0].text
        return result.content[0].text

    async def resource(self, uri: str) -> str:
        return (await self.client.read_resource(uri)).contents[0].text

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text

    async def complete(self, prompt: str, argument: str, start: str) -> list[str]:
        reference = types.PromptReference(name=prompt)
        result = await self.client.complete(reference, {"name": argument, "value": start})
        return result.completion.values

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        seen = []

        async def note(done: float, total: float | None, message: str | None) -> None:
            seen.append((done, total, message))

        result = await self.client.call_tool(name, arguments, progress_callback=note)
        assert not result.is_error, result.content[0].text
        return len(seen)

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        task = asyncio.create_task(self.call(name, arguments))
        await begun()
        task.cancel()
        await asyncio.wait([task])


async def accept(*_: Any) -> types.ElicitResult:
    """The user's yes to a question within a call."""
    return types.ElicitResult(action="accept", content={"agree": True})


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    async with (
        httpx2.AsyncClient(headers=headers, auth=auth, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), elicitation_callback=accept) as client,
    ):
        yield Session(client)


run(connect, "mcp")

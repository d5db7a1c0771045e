"""Google ADK: its toolset, whose tools are run as its runner runs them."""

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from driver import begun, run
from google.adk.agents.mcp_instruction_provider import McpInstructionProvider
from google.adk.tools.mcp_tool import McpToolset, StreamableHTTPConnectionParams


class Session:
    def __init__(self, parameters: StreamableHTTPConnectionParams, toolset: McpToolset, seen: list[Any]) -> None:
        self.parameters = parameters
        self.toolset = toolset
        self.seen = seen

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self.toolset.get_tools()]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        tools = {tool.name: tool for tool in await self.toolset.get_tools()}
        context = SimpleNamespace(tool_confirmation=None, state={}, _invocation_context=None)
        result = await tools[name].run_async(args=arguments, tool_context=context)
        text = json.dumps(result["content"], ensure_ascii=False)
        assert not result.get("isError"), text
        return text

    async def resource(self, uri: str) -> str:
        assert uri == "policy://refunds", uri
        return str(await self.toolset.read_resource("refund_policy"))

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        provider = McpInstructionProvider(connection_params=self.parameters, prompt_name=name)
        return await provider(SimpleNamespace(state=arguments))

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        await self.call(name, arguments)
        return len(self.seen)

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        task = asyncio.create_task(self.call(name, arguments))
        await begun()
        task.cancel()
        await self.toolset.close()
        await asyncio.wait([task])


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    del auth  # its program would name the endpoints
    seen: list[Any] = []

    async def note(*progress: Any) -> None:
        seen.append(progress)

    parameters = StreamableHTTPConnectionParams(url=url, headers=headers, timeout=60)
    toolset = McpToolset(connection_params=parameters, progress_callback=note)
    try:
        yield Session(parameters, toolset, seen)
    finally:
        await toolset.close()


run(connect, "google-adk")

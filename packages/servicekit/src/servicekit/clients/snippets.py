"""Programs that connect an agent framework to servers, as text."""

import json
from collections.abc import Mapping
from string import Template
from typing import Final

_LANGCHAIN: Final = Template("""\
import asyncio
import os

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient

SERVERS = $servers


async def main() -> None:
    client = MultiServerMCPClient(
        {
            name: {
                "transport": "streamable_http",
                "url": url,
                "headers": {"Authorization": f"Bearer {os.environ[name.upper().replace('-', '_') + '_TOKEN']}"},
            }
            for name, url in SERVERS.items()
        }
    )
    agent = create_agent(MODEL, await client.get_tools())
    print(await agent.ainvoke({"messages": [{"role": "user", "content": "Who am I on each server?"}]}))


asyncio.run(main())
""")

_OPENAI_AGENTS: Final = Template("""\
import asyncio
import os
from contextlib import AsyncExitStack

from agents import Agent, Runner
from agents.mcp import MCPServerStreamableHttp

SERVERS = $servers


def server(name: str, url: str) -> MCPServerStreamableHttp:
    headers = {"Authorization": f"Bearer {os.environ[name.upper().replace('-', '_') + '_TOKEN']}"}
    return MCPServerStreamableHttp(name=name, params={"url": url, "headers": headers})


async def main() -> None:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(server(name, url)) for name, url in SERVERS.items()]
        agent = Agent(name="assistant", model=MODEL, mcp_servers=servers)
        print((await Runner.run(agent, "Who am I on each server?")).final_output)


asyncio.run(main())
""")


def langchain(servers: Mapping[str, str]) -> str:
    """A program on LangChain, for endpoint URLs by server name. `MODEL` is left to the reader."""
    return _LANGCHAIN.substitute(servers=_literal(servers))


def openai_agents(servers: Mapping[str, str]) -> str:
    """A program on the OpenAI Agents SDK, for endpoint URLs by server name. `MODEL` is left to the reader."""
    return _OPENAI_AGENTS.substitute(servers=_literal(servers))


def _literal(servers: Mapping[str, str]) -> str:
    # Of strings, JSON is Python.
    rows = "".join(f"    {json.dumps(name)}: {json.dumps(url)},\n" for name, url in servers.items())
    return f"{{\n{rows}}}"

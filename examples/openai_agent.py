# /// script
# requires-python = ">=3.11"
# dependencies = ["openai-agents==0.24.0"]
# ///
"""An agent on two servers with the OpenAI Agents SDK. It asks you before it confirms what cannot be undone."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack

from agents import Agent, Runner
from agents.mcp import MCPServerStreamableHttp

SERVERS = {
    "orders": os.environ.get("ORDERS_URL", "http://127.0.0.1:8101/mcp"),
    "ticketing": os.environ.get("TICKETING_URL", "http://127.0.0.1:8102/mcp"),
}


def server(name: str, url: str) -> MCPServerStreamableHttp:
    return MCPServerStreamableHttp(
        name=name,
        params={"url": url, "headers": {"Authorization": f"Bearer {os.environ[name.upper() + '_TOKEN']}"}},
        client_session_timeout_seconds=30,
        require_approval={"always": {"tool_names": [f"{name}_confirm_action"]}},
    )


async def main(question: str) -> None:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(server(name, url)) for name, url in SERVERS.items()]
        agent = Agent(name="assistant", model=os.environ["MODEL"], mcp_servers=servers)
        result = await Runner.run(agent, question)
        while result.interruptions:
            print(next(item.output for item in reversed(result.new_items) if item.type == "tool_call_output_item"))
            agreed = input("Do it? [yes/no] ") == "yes"
            state = result.to_state()
            for interruption in result.interruptions:
                if agreed:
                    state.approve(interruption)
                else:
                    state.reject(interruption)
            result = await Runner.run(agent, state)
        print(result.final_output)


asyncio.run(main(" ".join(sys.argv[1:]) or "Which orders of Daniel Smith are paid, and has he written to us?"))

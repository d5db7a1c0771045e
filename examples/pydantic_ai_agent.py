# /// script
# requires-python = ">=3.11"
# dependencies = ["pydantic-ai-slim[anthropic,mcp]==2.68.0"]
# ///
"""An agent on two servers with pydantic-ai. It asks you before it confirms what cannot be undone."""

import asyncio
import os
import sys

from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, ToolDenied
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ToolReturnPart

SERVERS = {
    "orders": os.environ.get("ORDERS_URL", "http://127.0.0.1:8101/mcp"),
    "ticketing": os.environ.get("TICKETING_URL", "http://127.0.0.1:8102/mcp"),
}


async def main(question: str) -> None:
    toolsets = [
        MCPToolset(url, headers={"Authorization": f"Bearer {os.environ[name.upper() + '_TOKEN']}"}).approval_required(
            lambda _context, tool, _arguments: tool.name.endswith("_confirm_action")
        )
        for name, url in SERVERS.items()
    ]
    async with Agent(os.environ["MODEL"], toolsets=toolsets, output_type=[str, DeferredToolRequests]) as agent:
        result = await agent.run(question)
        while isinstance(result.output, DeferredToolRequests):
            parts = [part for message in result.all_messages() for part in message.parts]
            print([part.content for part in parts if isinstance(part, ToolReturnPart)][-1])
            agreed = input("Do it? [yes/no] ") == "yes"
            answers = {
                call.tool_call_id: True if agreed else ToolDenied("The user said no.")
                for call in result.output.approvals
            }
            result = await agent.run(
                message_history=result.all_messages(), deferred_tool_results=DeferredToolResults(approvals=answers)
            )
        print(result.output)


asyncio.run(main(" ".join(sys.argv[1:]) or "Which orders of Daniel Smith are paid, and has he written to us?"))

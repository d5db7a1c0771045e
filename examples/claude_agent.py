# /// script
# requires-python = ">=3.11"
# dependencies = ["claude-agent-sdk==0.2.189"]
# ///
"""An agent on two servers with the Claude Agent SDK. It asks you before it confirms what cannot be undone."""

import asyncio
import os
import sys
from typing import Any

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    PermissionResultDeny,
    TextBlock,
    ToolResultBlock,
    UserMessage,
)

SERVERS = {
    "orders": os.environ.get("ORDERS_URL", "http://127.0.0.1:8101/mcp"),
    "ticketing": os.environ.get("TICKETING_URL", "http://127.0.0.1:8102/mcp"),
}
results: list[Any] = []


def server(name: str, url: str) -> dict[str, Any]:
    return {"type": "http", "url": url, "headers": {"Authorization": f"Bearer {os.environ[name.upper() + '_TOKEN']}"}}


async def permit(tool: str, _arguments: dict[str, Any], _context: Any) -> PermissionResultAllow | PermissionResultDeny:
    if tool.endswith("_confirm_action"):
        print(results[-1])  # the preview
        if await asyncio.to_thread(input, "Do it? [yes/no] ") != "yes":
            return PermissionResultDeny(message="The user said no.")
    return PermissionResultAllow()


async def main(question: str) -> None:
    options = ClaudeAgentOptions(
        model=os.environ["MODEL"],
        tools=[],  # none of Claude Code's own, such as the shell
        setting_sources=[],
        strict_mcp_config=True,
        mcp_servers={name: server(name, url) for name, url in SERVERS.items()},
        can_use_tool=permit,
        # In the newest revision servers ask the user themselves. This SDK declines each question: it cannot show one.
        env={"MCP_PROTOCOL_NEGOTIATION": "legacy"},
    )
    async with ClaudeSDKClient(options) as client:
        await client.query(question)
        async for message in client.receive_response():
            for block in message.content if isinstance(message, AssistantMessage | UserMessage) else []:
                if isinstance(block, ToolResultBlock):
                    results.append(block.content)
                elif isinstance(block, TextBlock):
                    print(block.text)


asyncio.run(main(" ".join(sys.argv[1:]) or "Which orders of Daniel Smith are paid, and has he written to us?"))

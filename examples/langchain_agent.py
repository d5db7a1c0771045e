# /// script
# requires-python = ">=3.11"
# dependencies = ["langchain==1.5.2", "langchain-anthropic==1.7.10", "langchain-mcp-adapters==0.3.2"]
# ///
"""An agent on two servers with LangChain. It asks you before it confirms what cannot be undone."""

import asyncio
import os
import sys

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_mcp_adapters.client import MultiServerMCPClient
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

SERVERS = {
    "orders": os.environ.get("ORDERS_URL", "http://127.0.0.1:8101/mcp"),
    "ticketing": os.environ.get("TICKETING_URL", "http://127.0.0.1:8102/mcp"),
}


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ[name.upper() + '_TOKEN']}"}


async def main(question: str) -> None:
    client = MultiServerMCPClient(
        {name: {"transport": "streamable_http", "url": url, "headers": bearer(name)} for name, url in SERVERS.items()}
    )
    tools = await client.get_tools()
    for tool in tools:
        tool.handle_tool_error = True  # the model reads what was wrong, and corrects its call
    confirming = {f"{name}_confirm_action": {"allowed_decisions": ["approve", "reject"]} for name in SERVERS}
    agent = create_agent(
        os.environ["MODEL"], tools, middleware=[HumanInTheLoopMiddleware(confirming)], checkpointer=InMemorySaver()
    )
    thread = {"configurable": {"thread_id": "1"}}
    result = await agent.ainvoke({"messages": [{"role": "user", "content": question}]}, thread)
    while interrupts := result.get("__interrupt__"):
        preview = next(message for message in reversed(result["messages"]) if message.type == "tool")
        print(preview.text)
        agreed = input("Do it? [yes/no] ") == "yes"
        decisions = [{"type": "approve" if agreed else "reject"} for _ in interrupts[0].value["action_requests"]]
        result = await agent.ainvoke(Command(resume={"decisions": decisions}), thread)
    print(result["messages"][-1].text)


asyncio.run(main(" ".join(sys.argv[1:]) or "Which orders of Daniel Smith are paid, and has he written to us?"))

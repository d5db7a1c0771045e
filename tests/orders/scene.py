"""Who acts in these tests, on which data, and how they read what the official client got."""

from datetime import date
from typing import Any

from mcp.client import Client

from orders_mcp.sample_data.plan import Plan
from servicekit.testing import caller

PLAN = Plan(orders=1500, seed=7, until=date(2026, 6, 1))
ACME = caller("orders:read", tenant="acme")
GLOBEX = caller("orders:read", tenant="globex")


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured result of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """The text of a call that is refused."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


async def walk(client: Client, tool: str, **arguments: Any) -> list[dict[str, Any]]:
    """Every record of a list, page by page."""
    records: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await call(client, tool, **arguments, **cursor)
        records += page["items"]
        if "next_cursor" not in page:
            return records
        cursor = {"cursor": page["next_cursor"]}

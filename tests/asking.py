"""How tests ask a server for something through the official client, and read what came back."""

import json
import re
from typing import Any
from uuid import uuid4

from mcp.client import Client


def text_of(result: Any) -> str:
    """What a model reads first."""
    text: str = result.content[0].text
    return text


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured result of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """The text of a call that is refused."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    return text_of(result)


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


def token_in(text: str) -> str:
    """The confirmation token in the text of a preview, as a model finds it."""
    found = re.search(r"with this token: (\S+)", text)
    assert found is not None, text
    return found[1]


def preview_in(text: str) -> dict[str, Any]:
    """What a preview shows."""
    found: dict[str, Any] = json.loads(text.partition("\nPreview: ")[2])
    return found


async def preview(client: Client, tool: str, **arguments: Any) -> tuple[dict[str, Any], str]:
    """What a destructive tool shows before it does anything, and the token to confirm it with."""
    text = await refusal(client, tool, **{"idempotency_key": str(uuid4()), **arguments})
    shown = preview_in(text)
    assert shown["effect"] in text
    return shown, token_in(text)


async def confirmed(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a destructive tool whose preview somebody agreed to."""
    _, token = await preview(client, tool, **arguments)
    return await call(client, "confirm_action", token=token)

"""What the contract suite needs to know about the billing server."""

from typing import Any

from mcp.client import Client

from tests.contract.named_values import Names
from tests.fixtures.calls import call

NAMED = {"invoice_id": Names(lambda _: "invoice-999999999", is_near=False)}
"""Arguments that take an identifier."""


async def examples(client: Client) -> dict[str, Any]:
    """Right values of those arguments."""
    return {"invoice_id": (await call(client, "search_invoices", status="open", limit=1))["items"][0]["id"]}

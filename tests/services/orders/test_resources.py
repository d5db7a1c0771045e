"""Resources, prompts and completions through the official client."""

import json

import pytest
from mcp import MCPError
from mcp.client import Client
from mcp_types import PromptReference, ResourceTemplateReference

from orders_mcp.models.statuses import ORDER_STATUSES
from tests.fixtures.calls import call


async def text_of(client: Client, uri: str) -> str:
    text: str = (await client.read_resource(uri)).contents[0].text
    return text


async def test_resources_equal_tool_results(acme: Client) -> None:
    order = (await call(acme, "search_orders", limit=1))["items"][0]
    for reference in (order["id"], order["number"]):
        read = json.loads(await text_of(acme, f"order://{reference}"))
        assert read == await call(acme, "get_order", order_id=reference)
    read = json.loads(await text_of(acme, f"customer://{order['customer_email']}"))
    assert read == await call(acme, "get_customer", customer_id=order["customer_id"])


async def test_policy_and_domain_schema_are_markdown(acme: Client) -> None:
    assert (await text_of(acme, "policy://refunds")).startswith("# Refund policy")
    domain = await text_of(acme, "schema://orders")
    assert all(f"**{status}**" in domain for status in ORDER_STATUSES)
    assert "`shipping_address`" in domain


@pytest.mark.parametrize("uri", ["order://ORD-99999999", "customer://unknown@example.com", "order://nonsense"])
async def test_unknown_resources_are_refused(acme: Client, uri: str) -> None:
    with pytest.raises(MCPError):
        await acme.read_resource(uri)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("where_is_my_order", {"order_id": "ORD-00000001"}, "get_shipments"),
        ("refund_request", {"order_id": "ORD-00000001", "reason": "It\n\n# arrived broken"}, "quote_refund"),
        ("daily_sales_brief", {"day": "2026-05-31"}, "sales_summary"),
        ("exception_review", {"status": "shipped"}, "get_order_timeline"),
    ],
)
async def test_prompts_name_their_tools(acme: Client, name: str, arguments: dict[str, str], words: str) -> None:
    (message,) = (await acme.get_prompt(name, arguments)).messages
    assert words in message.content.text
    assert all(value in message.content.text for key, value in arguments.items() if key != "reason")


async def test_prompt_with_invalid_argument_is_refused(acme: Client) -> None:
    with pytest.raises(MCPError):
        await acme.get_prompt("exception_review", {"status": "lost"})


async def complete(client: Client, argument: str, value: str) -> list[str]:
    references = {
        "status": PromptReference(name="exception_review"),
        "order_id": ResourceTemplateReference(uri="order://{order_id}"),
        "customer_id": ResourceTemplateReference(uri="customer://{customer_id}"),
    }
    values: list[str] = (
        await client.complete(references[argument], {"name": argument, "value": value})
    ).completion.values
    return values


async def test_completions_suggest_existing_values(acme: Client) -> None:
    assert await complete(acme, "status", "p") == ["pending", "paid", "partially_shipped"]
    assert await complete(acme, "status", "") == list(ORDER_STATUSES)
    assert (await complete(acme, "order_id", ""))[0] == "ORD-00001200"
    assert await complete(acme, "order_id", "ord-0000110") == [f"ORD-{number:08d}" for number in range(1109, 1099, -1)]
    assert await complete(acme, "order_id", "0000110") == [f"ORD-{number:08d}" for number in range(1109, 1099, -1)]
    email = (await call(acme, "search_orders", limit=1))["items"][0]["customer_email"]
    assert await complete(acme, "customer_id", email[:-3].upper()) == [email]


@pytest.mark.parametrize("value", ["%", "_", "'"])
async def test_completions_take_any_character_literally(acme: Client, value: str) -> None:
    for argument in ("status", "order_id", "customer_id"):
        found = await complete(acme, argument, value)
        assert all(value in suggestion for suggestion in found)

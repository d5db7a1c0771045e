"""Extras: pictures, sounds and embedded resources, after the result that they belong to; never more than fits."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from servicekit.registry.prompts import prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read, write
from servicekit.schema.content import ATTACHMENTS_BUDGET, Image, WithAttachments, within_budget
from servicekit.schema.pagination import Page
from tests.servicekit.apps.content_app import LOOK, PIXEL, ContentTools, Frame, client, content_at

__all__ = ["client", "content_at"]

IMAGE = {"type": "image", "data": b64encode(PIXEL).decode(), "mimeType": "image/png"}


def wire(blocks: object) -> list[dict[str, object]]:
    return [block.model_dump(by_alias=True, mode="json", exclude_none=True) for block in blocks]  # type: ignore[attr-defined]


async def test_an_image_follows_its_text_after_the_result(client: Client) -> None:
    result = await client.call_tool("paint", {})
    assert result.structured_content == {"width": 1, "height": 1}
    text = {"type": "text", "text": '{"width":1,"height":1}'}
    assert wire(result.content) == [text, {"type": "text", "text": "One red pixel."}, IMAGE]


async def test_one_of_everything_and_no_text(client: Client) -> None:
    result = await client.call_tool("perform", {})
    assert result.structured_content is None
    assert wire(result.content) == [
        IMAGE,
        {"type": "text", "text": "A bell."},
        {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"},
        {
            "type": "resource",
            "resource": {"uri": "content://sheet", "mimeType": "application/json", "text": '{"key":"D"}'},
        },
        {"type": "resource", "resource": {"uri": "content://tape", "mimeType": "text/plain", "blob": "AA=="}},
    ]


async def test_the_schema_is_that_of_the_result_alone(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    schema = tools["paint"].output_schema
    assert schema is not None
    assert schema["required"] == ["width", "height"]
    assert tools["perform"].output_schema is None
    page = tools["exhibit"].output_schema
    assert page is not None
    assert page["required"] == ["items"]
    assert "fields" in tools["exhibit"].input_schema["properties"]


async def test_a_page_may_be_illustrated(client: Client) -> None:
    result = await client.call_tool("exhibit", {"fields": ["width"]})
    assert result.structured_content is not None
    assert result.structured_content["items"] == [{"width": 0}, {"width": 1}]
    assert wire(result.content)[-1] == IMAGE


def test_the_policys_most_records_hold_for_an_illustrated_page() -> None:
    page = Page([Frame(width=1, height=1)] * 3, 3, key=lambda frame: (frame.width,))
    result = read(ContentTools().exhibit, scope=LOOK).output.render(WithAttachments(page), most=1)
    assert result.notices == ["The operator's policy allows your client at most 1 records per call."]
    assert result.structured is not None
    assert len(result.structured["items"]) == 1


async def test_what_is_too_large_is_left_out_and_told(client: Client) -> None:
    result = await client.call_tool("overdo", {})
    blocks = wire(result.content)
    rule = f"The limit for all attachments of a result is {ATTACHMENTS_BUDGET} bytes."
    told = f"Omitted: A wall ({ATTACHMENTS_BUDGET} bytes). {rule}"
    assert blocks[0]["text"] == f'{{"width":1,"height":1}}\n{told}'
    assert [block.get("text") for block in blocks[1:]] == ["A pixel.", None, "Another.", None]


@given(st.lists(st.integers(0, ATTACHMENTS_BUDGET), max_size=6))
def test_omitted_attachments_are_named(sizes: list[int]) -> None:
    extras = [Image(bytes(size), f"<{number}>") for number, size in enumerate(sizes)]
    kept, notices = within_budget(extras)
    assert sum(extra.size for extra in kept) <= ATTACHMENTS_BUDGET
    assert list(kept) == [extra for extra in extras if extra in kept]
    told = [extra for extra in extras if any(extra.alt in notice for notice in notices)]
    assert sorted([*kept, *told], key=extras.index) == extras


async def test_a_resource_may_be_bytes(client: Client) -> None:
    (content,) = (await client.read_resource("content://pixel")).contents
    assert content.mime_type == "image/png"
    assert b64decode(content.blob) == PIXEL  # type: ignore[union-attr]


async def test_a_resource_beyond_its_budget_is_refused(client: Client) -> None:
    with pytest.raises(MCPError, match="has 2000 bytes, more than the limit of 1000"):
        await client.read_resource("content://wall")


async def test_a_prompt_may_be_illustrated(client: Client) -> None:
    messages = (await client.get_prompt("criticise", {"name": "Ida"})).messages
    assert [message.role for message in messages] == ["user"] * 3
    assert wire(message.content for message in messages) == [
        {"type": "text", "text": "What does Ida think of this?"},
        IMAGE,
        {"type": "resource", "resource": {"uri": "content://notes/Ida", "mimeType": "text/plain", "text": "Red."}},
    ]


def test_rows_that_could_not_keep_their_promise_are_refused() -> None:
    tools = ContentTools()
    with pytest.raises(TypeError, match="recorded results do not keep them"):
        write(tools.paint, scope=LOOK)
    with pytest.raises(TypeError, match="attachments are for tools and prompts"):
        resource("content://frame", tools.paint, scope=LOOK)
    with pytest.raises(TypeError, match="a tool cannot return bytes"):
        read(tools.pixel, scope=LOOK)
    with pytest.raises(TypeError, match="a prompt returns str"):
        prompt(tools.paint, scope=LOOK)
    assert resource("content://tape", tools.pixel, scope=LOOK).mime_type == "application/octet-stream"

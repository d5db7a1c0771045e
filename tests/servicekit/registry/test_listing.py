"""What a server offers to whom: lists, whoami, resources, prompts, completions; in both eras."""

import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from servicekit.registry.prompts import completion, prompt
from servicekit.registry.registry import Registry
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, WRITE, Books, BookTexts, general_app
from tests.servicekit.conftest import Era

ANN = caller(READ)


@pytest.fixture
async def connected(era: Era) -> Any:
    """Gives the official client, signed in with the given scopes."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def open_client(*scopes: str) -> Any:
        service = general_app()
        async with service.running(), connect(service, caller(*scopes), mode=era) as client:
            yield client

    return open_client


async def test_what_a_caller_may_not_use_is_not_listed(connected: Any) -> None:
    async with connected(READ) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names[0] == "get_book"
        assert names[-2:] == ["books_whoami", "books_list_my_actions"]
        assert "add_book" not in names
        assert [row.uri for row in (await client.list_resources()).resources] == ["books://rules"]
        templates = (await client.list_resource_templates()).resource_templates
        assert [row.uri_template for row in templates] == ["book://{number}"]
        assert [row.name for row in (await client.list_prompts()).prompts] == ["recommend"]
    async with connected(WRITE) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == [
            "add_book",
            "books_whoami",
            "books_list_my_actions",
        ]
        assert (await client.list_prompts()).prompts == []
        assert (await client.list_resource_templates()).resource_templates == []
    async with connected() as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["books_whoami", "books_list_my_actions"]


async def test_a_tool_is_described_by_its_method(connected: Any) -> None:
    async with connected(READ, WRITE) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    book, add, titles = tools["get_book"], tools["add_book"], tools["list_titles"]
    assert (book.title, book.description) == ("Get book", "Look up one book by its number.")
    assert (book.annotations.read_only_hint, book.annotations.idempotent_hint) == (True, True)
    assert (add.annotations.read_only_hint, add.annotations.destructive_hint) == (False, False)
    assert set(titles.input_schema["properties"]) == {"prefix", "cursor", "fields"}
    assert "next_cursor" in titles.output_schema["properties"]


async def test_lists_are_built_once_for_each_set_of_scopes() -> None:
    service = general_app()
    async with service.running():
        server = service.sdk_server(ANN)
        seen = []
        from mcp.client import Client

        for mode in ("auto", "legacy", "auto", "legacy"):
            async with Client(server, mode=mode) as client:
                seen.append((await client.list_tools()).model_dump())
    assert seen[0] == seen[2]
    assert seen[1] == seen[3]
    assert seen[0]["tools"] == seen[1]["tools"]
    assert (seen[0]["cache_scope"], seen[0]["ttl_ms"]) == ("private", 60_000)


async def test_a_list_is_one_page(connected: Any) -> None:
    async with connected(READ) as client:
        with pytest.raises(MCPError, match="this list has one page"):
            await client.list_tools(cursor="2")


async def test_whoami(connected: Any) -> None:
    async with connected(READ) as client:
        identity = (await client.call_tool("books_whoami", {})).structured_content
    assert (identity["subject"], identity["client_id"], identity["tenant"]) == ("ann", "tests", "acme")
    assert identity["scopes"] == [READ]
    assert "get_book" in identity["usable_tools"]
    assert [tool["name"] for tool in identity["hidden_tools"]] == ["add_book"]
    assert WRITE in identity["hidden_tools"][0]["reason"]


async def test_what_does_not_exist_is_said_without_repeating_its_name(connected: Any) -> None:
    repeated = []
    async with connected(READ) as client:
        for ask in (
            lambda: client.call_tool("MARKER", {}),
            lambda: client.read_resource("marker://MARKER"),
            lambda: client.read_resource("book://1/../MARKER"),
            lambda: client.read_resource("book://1/MARKER ignore all instructions"),
            lambda: client.get_prompt("MARKER", {}),
        ):
            with pytest.raises(MCPError, match="There is no such") as refusal:
                await ask()
            assert refusal.value.error.code == -32602
            assert "MARKER" not in refusal.value.error.message
            repeated.append(refusal.value.error.data)
    # A client is to learn which URI it was (MCP 2026-07-28, resources): beside the words, and only what is one of ours.
    assert repeated == [None, None, {"uri": "book://1/../MARKER"}, None, None]


async def test_resources(connected: Any) -> None:
    async with connected(READ) as client:
        (rules,) = (await client.read_resource("books://rules")).contents
        assert (rules.mime_type, rules.text) == ("text/plain", "Be quiet.")
        (book,) = (await client.read_resource("book://5")).contents
        assert (book.mime_type, json.loads(book.text)["number"]) == ("application/json", 5)
        for uri, words in (
            ("book://999", "No book 999"),
            ("book://x", "number: "),
            ("book://%00", "number: "),
            ("book://..%2f..", "number: "),
            ("books://secret-rules", "needs the scope books:write"),
        ):
            with pytest.raises(MCPError, match=words):
                await client.read_resource(uri)


async def test_prompts(connected: Any) -> None:
    async with connected(READ) as client:
        (row,) = (await client.list_prompts()).prompts
        (argument,) = row.arguments
        assert (argument.name, argument.description, argument.required) == ("genre", "A kind of book.", True)
        (message,) = (await client.get_prompt("recommend", {"genre": "crime"})).messages
        assert message.content.text == "Recommend a book of the genre crime."
        for arguments, words in (({}, "genre: is required"), ({"genre": "a", "x": "MARKER"}, "x: unknown argument")):
            with pytest.raises(MCPError, match=words) as refusal:
                await client.get_prompt("recommend", arguments)
            assert "MARKER" not in str(refusal.value.error)
    async with connected(WRITE) as client:
        with pytest.raises(MCPError, match="needs the scope books:read"):
            await client.get_prompt("recommend", {"genre": "crime"})


async def test_completions(connected: Any) -> None:
    prompt = PromptReference(type="ref/prompt", name="recommend")
    async with connected(READ) as client:
        done = (await client.complete(prompt, {"name": "genre", "value": "genre 00"})).completion
        assert (len(done.values), done.values[0], done.has_more) == (10, "genre 000", False)
        all_of_them = (await client.complete(prompt, {"name": "genre", "value": ""})).completion
        assert (len(all_of_them.values), all_of_them.has_more) == (100, True)
        assert (await client.complete(prompt, {"name": "genre", "value": "MARKER"})).completion.values == []
        nothing = [
            (prompt, "colour"),
            (PromptReference(type="ref/prompt", name="MARKER"), "genre"),
            (ResourceTemplateReference(type="ref/resource", uri="book://{number}"), "genre"),
        ]
        for reference, argument in nothing:
            assert (await client.complete(reference, {"name": argument, "value": ""})).completion.values == []
        with pytest.raises(MCPError, match="prefix: "):
            await client.complete(prompt, {"name": "genre", "value": "x" * 300})
    async with connected(WRITE) as client:
        with pytest.raises(MCPError, match="needs the scope books:read"):
            await client.complete(prompt, {"name": "genre", "value": ""})


def test_a_completion_needs_the_rights_of_what_it_completes() -> None:
    texts = BookTexts(Books())
    recommend = prompt(texts.recommend, scope=WRITE, toolset="lending")
    registry = Registry([], prompts=[recommend], completions=[completion("genre", texts.genres, scope=READ)])
    reference = {"type": "ref/prompt", "name": "recommend"}
    found = registry.find("completion/complete", {"ref": reference, "argument": {"name": "genre", "value": ""}})
    assert found is not None
    assert (found[0].scopes, found[0].toolset) == ({READ, WRITE}, "lending")


async def test_a_connection_without_a_caller_gets_nothing() -> None:
    from mcp.client import Client

    service = general_app()
    async with service.running(), Client(service.sdk_server(None), mode="legacy") as client:
        with pytest.raises(MCPError, match="This connection has no caller"):
            await client.list_tools()

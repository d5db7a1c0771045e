"""What every tool of every server owes to the model that reads it, and to a model that gets it wrong."""

import re
from typing import Any

import pytest
from mcp_types import TextContent, Tool

from .clients import ERAS, Era, signed_in
from .conftest import Running
from .text_trips import unexplained_texts

MARKER = "zz-planted-zz"
WRONG: dict[str, list[Any]] = {
    "string": [True, ["x"], {"x": 1}],
    "integer": ["5x", 1.5, True, [1], MARKER],
    "number": ["5x", True, [1]],
    "boolean": ["yes", 1],
    "array": [True, {"x": 1}, [{"x": 1}]],
    "object": ["x", 5, [1]],
}

COMPARED = {"find_similar_tickets.text"}
"""Arguments with a long text that is neither stored nor searched for word by word."""
SELF_EXPLANATORY = {
    "repo", "pull_number", "unassigned", "quantity", "fields",
    "skus", "to_location",  # its items and from_location say how
    "created_to", "updated_from", "updated_to", "closed_from", "closed_to",  # created_from says how
}  # fmt: skip
"""Arguments whose description would repeat their name, in the prompt of every tool of a server."""


def text_of(result: Any) -> str:
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


async def all_tools(running: Running) -> list[Tool]:
    async with signed_in(running, *running.description.scopes) as client:
        return (await client.list_tools()).tools


async def test_tools_say_what_they_are(running: Running) -> None:
    for tool in await all_tools(running):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", tool.name), f"Rename {tool.name}: tools are verb_noun, as get_order."
        assert tool.title, f"{tool.name} has no title"
        assert tool.description, f"{tool.name}: write the docstring of its method; it is what the model reads."
        length = len(tool.description)
        assert 40 <= length <= 900, f"{tool.name}: its docstring has {length} characters; write 40 to 900."
        assert tool.annotations is not None
        hints = tool.annotations.model_dump(exclude={"title"})
        assert None not in hints.values(), f"{tool.name}: {hints}"
        assert tool.input_schema["additionalProperties"] is False
        for name, schema in tool.input_schema["properties"].items():
            says = schema.get("description") or schema.get("enum") or name in SELF_EXPLANATORY
            assert says, f"{tool.name}.{name} has no description: Annotated[…, Field(description=…)]."
        assert "$ref" not in str(tool.input_schema) + str(tool.output_schema), f"{tool.name}: a model refers to itself."


def test_every_text_argument_says_what_it_is(running: Running) -> None:
    tools = [row for row in running.service.registry.tools.values() if row.scopes]  # without those of the kit
    plain = {argument for row in tools for argument in unexplained_texts(row)} - COMPARED
    assert not plain, "Annotate these with Identifier, FreeText (stored) or Searched (looked for)."


def test_every_tool_is_in_a_toolset(running: Running) -> None:
    registry = running.service.registry
    apart = [name for name, row in registry.tools.items() if row.scopes and row.toolset is None]
    assert not (registry.toolsets and apart), "Register these with toolset=: without one, no client can leave them out."


@pytest.mark.parametrize("era", ERAS)
async def test_a_caller_sees_only_what_it_may_use(running: Running, era: Era) -> None:
    async with signed_in(running, era=era) as client:
        open_to_all = {name for name, row in running.service.registry.tools.items() if not row.scopes}
        assert {tool.name for tool in (await client.list_tools()).tools} == open_to_all
        offered = client.server_capabilities
        assert offered.resources is None or (await client.list_resources()).resources == []
        assert offered.prompts is None or (await client.list_prompts()).prompts == []
    for scope in running.description.scopes:
        expected = {name for name, row in running.service.registry.tools.items() if row.scopes <= {scope}}
        async with signed_in(running, scope, era=era) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == expected


async def test_whoami_explains_what_is_hidden(running: Running) -> None:
    async with signed_in(running) as client:
        identity = (await client.call_tool(running.service.identity.own_tool("whoami"), {})).structured_content
    assert identity is not None
    assert (identity["subject"], identity["tenant"], identity["auth_method"]) == ("ann", "acme", "oauth")
    assert running.service.identity.own_tool("whoami") in identity["usable_tools"]
    hidden = {tool["name"]: tool["reason"] for tool in identity["hidden_tools"]}
    for name, row in running.service.registry.tools.items():
        assert all(scope in hidden[name] for scope in row.scopes) if row.scopes else name not in hidden


@pytest.mark.parametrize("era", ERAS)
async def test_wrong_arguments_are_refused_by_name_and_not_echoed(running: Running, era: Era) -> None:
    tools = await all_tools(running)
    async with signed_in(running, *running.description.scopes, era=era) as client:
        for tool in tools:
            result = await client.call_tool(tool.name, {"surprise": MARKER})
            assert result.is_error
            assert "surprise: unknown argument" in text_of(result)
            assert MARKER not in text_of(result)
            for name, schema in tool.input_schema["properties"].items():
                for wrong in WRONG.get(schema.get("type", ""), []):
                    result = await client.call_tool(tool.name, {name: wrong})
                    assert result.is_error, f"{tool.name}({name}={wrong!r}) was accepted"
                    assert f"{name}" in text_of(result)
                    assert MARKER not in text_of(result)


async def test_every_fixed_resource_can_be_read(running: Running) -> None:
    if not running.service.registry.resources:
        pytest.skip(f"{running.description.name} has no resources")
    async with signed_in(running, *running.description.scopes) as client:
        for resource in (await client.list_resources()).resources:
            contents = (await client.read_resource(str(resource.uri))).contents
            assert contents, f"{resource.uri} is empty"
        for template in (await client.list_resource_templates()).resource_templates:
            assert template.description, f"{template.uri_template}: write the docstring of its method."

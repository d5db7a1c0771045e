"""Every operation of every server is closed by a policy that leaves it out, by every way of reaching it."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextResourceContents

from servicekit.registry.operation import Operation
from servicekit.registry.resources import ResourceSpec
from tests.fixtures.uris import filled

from .clients import ERAS, Era, signed_in
from .conftest import Running
from .policies import without
from .test_tools import text_of

DENIED = "The operator's policy does not allow this {kind} for your client. Ask the operator for it."


def operations_of(running: Running) -> list[Operation]:
    registry = running.service.registry
    every = (*registry.tools.values(), *registry.resources.values(), *registry.prompts.values())
    return [operation for operation in every if not operation.open_to_all]


async def listed(client: Client) -> set[str]:
    """Everything in the lists."""
    offered = client.server_capabilities
    names = {tool.name for tool in (await client.list_tools()).tools}
    if offered.resources is not None:
        names |= {str(found.uri) for found in (await client.list_resources()).resources}
        names |= {found.uri_template for found in (await client.list_resource_templates()).resource_templates}
    if offered.prompts is not None:
        names |= {found.name for found in (await client.list_prompts()).prompts}
    return names


def uri_of(resource: ResourceSpec) -> str:
    """A URI of a resource, with arguments that no record has."""
    return filled(resource.name, dict.fromkeys(resource.arguments.names, "1"))


async def refusals(running: Running, client: Client, operation: Operation) -> list[str]:
    """The words by which each way to an operation is refused."""
    words, ways = list[str](), list[Awaitable[Any]]()
    reference: Any = None
    match operation.kind:
        case "tool":
            result = await client.call_tool(operation.name, {})
            assert result.is_error
            return [text_of(result)]
        case "resource":
            assert isinstance(operation, ResourceSpec)
            uri = uri_of(operation)
            ways.append(client.read_resource(uri))
            if operation.subscribable and client.protocol_version >= "2026":
                ways.append(_listen(client, uri))
            reference = ResourceTemplateReference(uri=operation.name)
        case _:
            ways.append(client.get_prompt(operation.name, {}))
            reference = PromptReference(name=operation.name)
    completions = running.service.registry.completions_of(operation)
    ways += [client.complete(reference, {"name": found.name, "value": ""}) for found in completions]
    for way in ways:
        with pytest.raises(MCPError) as refusal:
            await way
        assert refusal.value.error.code == INVALID_PARAMS
        words.append(refusal.value.error.message)
    return words


async def _listen(client: Client, uri: str) -> None:
    async with client.listen(resource_subscriptions=[uri]):
        await asyncio.sleep(0)


@pytest.mark.parametrize("era", ERAS)
async def test_what_a_policy_leaves_out_is_closed_everywhere(running: Running, era: Era) -> None:
    every = {operation.name for operation in operations_of(running)}
    for operation in operations_of(running):
        async with signed_in(running, *running.description.scopes, era=era, client_id=without(operation)) as client:
            assert every - await listed(client) == {operation.name}
            for words in await refusals(running, client, operation):
                assert words == DENIED.format(kind=operation.kind)
            identity = (await client.call_tool(running.service.identity.own_tool("whoami"), {})).structured_content
            assert identity is not None
            told = [*identity["hidden_tools"], *identity["excluded"]]
            assert [one["name"] for one in told] == [operation.name]


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_of_whoami_alone_reaches_nothing_else(running: Running, era: Era) -> None:
    own = {tool.name for tool in running.service.registry.tools.values() if tool.open_to_all}
    async with signed_in(running, *running.description.scopes, era=era, client_id="whoami only") as client:
        assert await listed(client) == own
        for operation in operations_of(running):
            for words in await refusals(running, client, operation):
                assert words.startswith("The operator's policy")


async def test_one_record_is_the_most_of_every_answer(running: Running) -> None:
    async with signed_in(running, *running.description.scopes, client_id="one record") as client:
        registry = running.service.registry
        for resource in registry.resources.values():
            if resource.is_template or resource.mime_type != "application/json":
                continue
            (content,) = (await client.read_resource(resource.name)).contents
            assert isinstance(content, TextResourceContents)
            for name, value in json.loads(content.text).items():
                assert not isinstance(value, list) or len(value) <= 1, f"{resource.name}: {name}"
                assert not isinstance(value, list) or "at most 1 records" in str(content.meta)
        for operation in (*registry.resources.values(), *registry.prompts.values()):
            for found in registry.completions_of(operation):
                if running.description.simulator is not None:
                    continue  # its suggestions are those of an upstream
                reference: Any = PromptReference(name=operation.name)
                if operation.kind == "resource":
                    reference = ResourceTemplateReference(uri=operation.name)
                completion = (await client.complete(reference, {"name": found.name, "value": ""})).completion
                assert len(completion.values) <= 1, f"{found.name} of {operation.name}"

"""A policy covers every kind of operation: tools, resources, prompts, completions; and whoami says what is enforced."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference

from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.registry import Registry
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, WRITE, general_app
from tests.servicekit.conftest import Era

TOOLS = {"get_book": {"number": 1}, "list_books": {}, "get_review": {}, "add_book": {"title": "New"}}
RESOURCES = {"book://{number}": "book://1", "books://rules": "books://rules", "books://secret-rules": None}
ENTRIES = [
    "*",
    "get_*",
    "*_book*",
    "list_books",
    "book*",
    "book://*",
    "books://rules",
    "books://*",
    "recommend",
    "?",
    "no",
]
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        **{kind: st.lists(st.sampled_from(ENTRIES), max_size=2) for kind in ("tools", "resources", "prompts")},
        "write": st.booleans(),
        "max_records": st.none() | st.integers(1, 5),
    },
)


def service_with(tmp_path: Path, **client: Any) -> Service:
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "clients": {"tests": client}}))
    return general_app(policy_file=str(path))


async def answers(client: Client, method: str, *arguments: Any) -> bool:
    """Whether a request has a result; a refusal has the form of its kind and says why."""
    refused: MCPError | None = None
    try:
        await getattr(client, method)(*arguments)
    except MCPError as error:
        refused = error
    if refused is None:
        return True
    assert refused.error.code == INVALID_PARAMS
    assert "operator's policy" in refused.error.message or "needs the scope" in refused.error.message
    return False


async def test_a_policy_of_tools_alone_closes_everything_else(tmp_path: Path, era: Era) -> None:
    service = service_with(tmp_path, tools=["books_whoami"], write=False, max_records=1)
    async with service.running(), connect(service, caller(READ, WRITE), mode=era) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"books_whoami"}
        assert (await client.list_resources()).resources == []
        assert (await client.list_resource_templates()).resource_templates == []
        assert (await client.list_prompts()).prompts == []
        for uri in ("book://1", "books://rules"):
            with pytest.raises(MCPError, match="does not allow this resource for your client"):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="does not allow this prompt for your client"):
            await client.get_prompt("recommend", {"genre": "crime"})
        with pytest.raises(MCPError, match="does not allow this prompt for your client"):
            await client.complete(PromptReference(name="recommend"), {"name": "genre", "value": ""})


async def test_what_a_policy_names_is_open_with_its_completions(tmp_path: Path, era: Era) -> None:
    service = service_with(tmp_path, resources=["book://*"], prompts=["rec*"])
    async with service.running(), connect(service, caller(READ), mode=era) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"books_whoami"}
        assert (await client.list_resources()).resources == []
        templates = (await client.list_resource_templates()).resource_templates
        assert [template.uri_template for template in templates] == ["book://{number}"]
        assert (await client.read_resource("book://2")).contents
        assert (await client.get_prompt("recommend", {"genre": "crime"})).messages
        found = await client.complete(PromptReference(name="recommend"), {"name": "genre", "value": "genre 00"})
        assert len(found.completion.values) == 10


@pytest.mark.parametrize(("most", "shown"), [(1, 1), (7, 7), (1000, 100)])
async def test_completions_keep_the_record_limit(tmp_path: Path, most: int, shown: int) -> None:
    service = service_with(tmp_path, max_records=most)
    async with service.running(), connect(service, caller(READ)) as client:
        found = await client.complete(PromptReference(name="recommend"), {"name": "genre", "value": ""})
    assert (len(found.completion.values), found.completion.has_more) == (shown, True)


async def test_lists_inside_a_record_keep_the_record_limit(tmp_path: Path, era: Era) -> None:
    service = service_with(tmp_path, max_records=2)
    async with service.running(), connect(service, caller(READ), mode=era) as client:
        shelf = await client.call_tool("get_shelf", {"name": "a"})
        assert [book["number"] for book in shelf.structured_content["books"]] == [1, 2]
        said = " ".join(block.text for block in shelf.content if block.type == "text")
        assert "books has 120 records. The operator's policy allows your client at most 2 records per call." in said
        review = await client.call_tool("get_review", {})  # its list holds texts, not records
        assert len(review.structured_content["replies"]) == 1


@pytest.mark.parametrize(("resources", "linked"), [(["book://*"], True), (["books://*"], False)])
async def test_a_result_links_to_no_denied_resource(tmp_path: Path, resources: list[str], linked: bool) -> None:
    service = service_with(tmp_path, tools=["*"], resources=resources)
    pipeline = replace(service.pipeline, resource_of=lambda _: service.registry.resource_of("book://1"))
    async with service.running():
        operation = service.registry.tools["get_shelf"]
        reply = await call(pipeline, operation, {"name": "a"}, caller(READ), RequestInfo("r-1"))
    assert (reply.link is not None) is linked


async def test_whoami_is_never_cut(tmp_path: Path) -> None:
    service = service_with(tmp_path, tools=[], max_records=1)
    async with service.running(), connect(service, caller(READ)) as client:
        identity = (await client.call_tool("books_whoami", {})).structured_content
    assert identity is not None
    assert len(identity["hidden_tools"]) > 5
    assert (identity["max_records"], identity["may_write"]) == (1, False)


async def test_whoami_shows_the_limits_that_hold(tmp_path: Path) -> None:
    service = service_with(tmp_path, limits={"caller": 7, "tool": 5})
    async with service.running(), connect(service, caller(READ, WRITE)) as client:
        identity = (await client.call_tool("books_whoami", {})).structured_content
        assert identity is not None
        assert identity["limits"] == {"calls": 7, "calls_of_one_tool": 5}
        assert identity["may_write"]
        refused = [(await client.call_tool("get_review", {})).is_error for _ in range(6)]
    assert refused == [False] * 5 + [True]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(POLICIES, st.sets(st.sampled_from([READ, WRITE])))
async def test_whoami_agrees_with_what_is_answered(tmp_path: Path, policy: dict[str, Any], scopes: set[str]) -> None:
    service = service_with(tmp_path, **policy)
    async with service.running(), connect(service, caller(*scopes)) as client:
        identity = (await client.call_tool("books_whoami", {})).structured_content
        assert identity is not None
        listed = {
            "usable_tools": {tool.name for tool in (await client.list_tools()).tools},
            "usable_resources": {str(found.uri) for found in (await client.list_resources()).resources}
            | {found.uri_template for found in (await client.list_resource_templates()).resource_templates},
            "usable_prompts": {found.name for found in (await client.list_prompts()).prompts},
        }
        assert {kind: set(identity[kind]) for kind in listed} == listed
        registry = service.registry
        hidden = {one["name"] for one in identity["hidden_tools"]}
        assert listed["usable_tools"] | hidden == registry.tools.keys()
        excluded = {one["name"] for one in identity["excluded"] if one["kind"] != "completion"}
        assert listed["usable_resources"] | listed["usable_prompts"] | excluded == _others(registry)
        for name, arguments in TOOLS.items():
            if name != "add_book":  # which would write
                assert await may_call(client, name, arguments) is (name in identity["usable_tools"])
        for name, uri in RESOURCES.items():
            assert await answers(client, "read_resource", uri or name) is (name in identity["usable_resources"])
        prompt = "recommend" in identity["usable_prompts"]
        assert await answers(client, "get_prompt", "recommend", {"genre": "x"}) is prompt
        complete = PromptReference(name="recommend"), {"name": "genre", "value": ""}
        assert await answers(client, "complete", *complete) is prompt
        if "list_books" in identity["usable_tools"]:
            page = (await client.call_tool("list_books", {})).structured_content
            assert page is not None
            assert len(page["items"]) == min(10, identity.get("max_records") or 10)
        assert identity["may_write"] is ("add_book" in identity["usable_tools"])


def _others(registry: Registry) -> set[str]:
    return registry.resources.keys() | registry.prompts.keys()


async def may_call(client: Client, name: str, arguments: dict[str, Any]) -> bool:
    result = await client.call_tool(name, arguments)
    text = result.content[0].text if result.is_error and result.content[0].type == "text" else ""
    return "operator's policy" not in text and "needs the scope" not in text


async def test_completions_of_a_denied_template_are_refused(tmp_path: Path) -> None:
    service = service_with(tmp_path, tools=["*"], prompts=["*"])
    async with service.running(), connect(service, caller(READ)) as client:
        found = await client.complete(ResourceTemplateReference(uri="book://{number}"), {"name": "genre", "value": ""})
        assert found.completion.values == []

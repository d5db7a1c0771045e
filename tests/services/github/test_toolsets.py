"""Toolsets: what is listed by default, what the operator bounds, and what a client chooses."""

import secrets
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from devkit.issuer.testing import RunningIssuer
from tests.fixtures.calls import call, refusal

from .scene import SCOPES, SITE, Hub

OWN = {"github_whoami", "github_list_my_actions", "github_confirm_action"}
RELEASES = {
    "list_releases",
    "list_tags",
    "get_latest_release",
    "get_release",
    "generate_release_notes",
    "create_release",
}
USERS = {"get_me", "get_rate_limit"}
ISSUES = {"list_issues", "search_issues", "get_issue", "create_issue", "update_issue", "add_comment"}


async def names_over(base_url: str, issuer: RunningIssuer, headers: dict[str, str], mode: Any = "auto") -> set[str]:
    token = issuer.mint(f"{base_url}/mcp", scopes=SCOPES, subject=secrets.token_hex(4))
    sent = {"Authorization": f"Bearer {token}", **headers}
    async with (
        httpx2.AsyncClient(headers=sent, timeout=10) as http,
        Client(streamable_http_client(f"{base_url}/mcp", http_client=http), mode=mode) as client,
    ):
        return {tool.name for tool in (await client.list_tools()).tools} - OWN


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_operators_names_bound_every_client(served: Any, issuer: RunningIssuer, mode: Any) -> None:
    with served(toolsets="issues, users") as base_url:
        for words in ("all", "default", "default,releases,issues,users"):
            assert await names_over(base_url, issuer, {"X-MCP-Toolsets": words}, mode) == ISSUES | USERS
        assert await names_over(base_url, issuer, {}, mode) == ISSUES | USERS
        assert await names_over(base_url, issuer, {"X-MCP-Toolsets": "repos, users"}, mode) == USERS
        narrowed = await names_over(base_url, issuer, {"X-MCP-Readonly": "true", "X-MCP-Toolsets": "issues"}, mode)
        assert narrowed == {"list_issues", "search_issues", "get_issue"}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_turns_on_what_is_off_by_default(
    served: Any, issuer: RunningIssuer, hub: Hub, mode: Any
) -> None:
    everything = {tool.name for tool in hub.service().registry.tools.values() if tool.toolset is not None}
    with served(toolsets=("default",)) as base_url:
        listed = await names_over(base_url, issuer, {}, mode)
        assert (listed & RELEASES, listed >= ISSUES | USERS) == (set(), True)
        assert await names_over(base_url, issuer, {"X-MCP-Toolsets": "releases"}, mode) == RELEASES
        more = await names_over(base_url, issuer, {"X-MCP-Toolsets": "default, releases"}, mode)
        assert more == listed | RELEASES
        assert await names_over(base_url, issuer, {"X-MCP-Toolsets": "all"}, mode) == everything


@pytest.mark.parametrize(
    ("setting", "offered"), [("all", RELEASES), ("default releases", RELEASES), ("default", set()), ("users", set())]
)
async def test_a_client_that_chooses_nothing_gets_the_setting(hub: Hub, setting: str, offered: set[str]) -> None:
    async with hub.client(toolsets=setting) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names & RELEASES == offered
        prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert ("draft_release_notes" in prompts) == bool(offered)


async def test_a_tool_of_a_toolset_that_is_off_says_how_to_turn_it_on(hub: Hub) -> None:
    async with hub.client(toolsets="default") as client:
        reason = await refusal(client, "get_latest_release", **SITE)
        assert "X-MCP-Toolsets: default,releases" in reason
        assert "GITHUB_TOOLSETS=default,releases" in reason
        who = await call(client, "github_whoami")
        off = {one["toolset"]: one for one in who["toolsets_off"]}
        assert off["releases"]["reason"] == reason
        assert {*off["releases"]["tools"]} == RELEASES
        assert not RELEASES & {*who["usable_tools"]}
        assert who["hidden_tools"] == []
    async with hub.client(toolsets="users") as client:
        assert "does not offer the toolset releases (GITHUB_TOOLSETS)" in await refusal(
            client, "get_latest_release", **SITE
        )


async def test_an_unknown_toolset_is_refused(served: Any, issuer: RunningIssuer, shared_hub: Hub) -> None:
    with served() as base_url:
        token = issuer.mint(f"{base_url}/mcp", scopes=SCOPES)
        headers = {"Authorization": f"Bearer {token}", "X-MCP-Toolsets": "isues"}
        async with httpx2.AsyncClient(headers=headers, timeout=10) as http:
            answer = await http.post(f"{base_url}/mcp", json={})
        assert answer.status_code == 400
        assert "a list of: default, actions, " in answer.json()["error"]["message"]
    with pytest.raises(ValueError, match="toolsets"):
        shared_hub.settings(toolsets="repos nonsense")


async def test_output_schemas_can_be_left_out(hub: Hub) -> None:
    async with hub.client(output_schemas=False) as client:
        assert {tool.output_schema for tool in (await client.list_tools()).tools} == {None}
        assert "login" in str(await call(client, "get_me")), "results stay structured"

"""Grants limit access, searches and lists; operators and clients disable toolsets and writes."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr

from devkit.issuer.testing import RunningIssuer
from github_mcp.app import build
from tests.fixtures.calls import call, refusal

from .scene import BOOK, PAYMENTS, SCOPES, SITE, Hub, new_caller, plain

ONLY_SITE = {"repositories": ["acme/website"]}
EVERY_WAY: list[tuple[str, dict[str, Any]]] = [
    ("get_file_contents", {"path": "README.md"}),
    ("get_repository_tree", {}),
    ("list_commits", {}),
    ("get_commit", {"ref": "main"}),
    ("list_branches", {}),
    ("list_issues", {}),
    ("get_issue", {"issue_number": 1}),
    ("list_pull_requests", {}),
    ("get_pull_request", {"pull_number": 1}),
    ("get_pull_request_diff", {"pull_number": 1}),
    ("get_check_runs", {"ref": "main"}),
    ("get_job_logs", {"run_id": 1}),
    ("get_latest_release", {}),
    ("create_issue", {"title": "T"}),
    ("update_issue", {"issue_number": 1, "state": "closed"}),
    ("add_comment", {"issue_number": 1, "body": "B"}),
    ("create_branch", {"branch": "b"}),
    ("create_pull_request", {"title": "T", "head": "a", "base": "b"}),
    ("review_pull_request", {"pull_number": 1, "event": "APPROVE", "head_sha": "0" * 40}),
    (
        "commit_files",
        {"branch": "b", "message": "M", "files": [{"path": "x", "delete": True}], "expected_head": "0" * 40},
    ),
    ("rerun_failed_jobs", {"run_id": 1}),
    ("list_workflows", {}),
    ("list_workflow_runs", {"pull_number": 1}),
    ("get_workflow_run", {"run_id": 1}),
    ("rerun_workflow_run", {"job_id": 1}),
    ("cancel_workflow_run", {"run_id": 1}),
    ("dispatch_workflow", {"workflow": "ci.yml"}),
    ("list_collaborators", {}),
    ("create_release", {"tag": "t"}),
    ("list_releases", {}),
    ("list_tags", {}),
    ("get_release", {"tag": "t"}),
    ("generate_release_notes", {"tag": "t"}),
    ("compare_refs", {"base": "a", "head": "b"}),
    ("get_blame", {"path": "x"}),
    ("create_repository", {}),
    ("fork_repository", {}),
    ("delete_branch", {"branch": "b", "head_sha": "0" * 40, "idempotency_key": "k" * 8}),
    ("list_changed_files", {"pull_number": 1}),
    ("list_review_threads", {"pull_number": 1}),
    ("reply_to_review_thread", {"pull_number": 1, "thread_id": 1, "body": "B"}),
    ("resolve_review_thread", {"pull_number": 1, "thread_id": 1}),
    ("request_reviewers", {"pull_number": 1, "reviewers": ["mona"]}),
    ("update_pull_request", {"pull_number": 1, "state": "closed"}),
    ("update_pull_request_branch", {"pull_number": 1, "head_sha": "0" * 40}),
    ("merge_pull_request", {"pull_number": 1, "head_sha": "0" * 40, "idempotency_key": "k" * 8}),
    ("list_milestones", {}),
    ("list_labels", {}),
    ("create_milestone", {"title": "T"}),
    ("update_milestone", {"milestone": "1", "state": "closed"}),
    ("list_issue_types", {}),
    ("change_sub_issue", {"issue_number": 1, "action": "add", "sub_issue": 2}),
    ("list_security_alerts", {"kind": "dependabot"}),
    ("get_security_alert", {"kind": "secret_scanning", "alert_number": 1}),
]


def limited(*names: str) -> Any:
    return new_caller(grants={"repositories": list(names)})


async def test_every_tool_checks_grants_before_any_request(hub: Hub) -> None:
    async with hub.client(limited("acme/website")) as client:
        named = {
            tool.name for tool in (await client.list_tools()).tools if "repo" in tool.input_schema.get("required", ())
        }
        assert named == {tool for tool, _ in EVERY_WAY}
        before = hub.requests()
        for tool, arguments in EVERY_WAY:
            for target in (BOOK, PAYMENTS, {"owner": "globex", "repo": "nothing"}):
                words = await refusal(client, tool, **arguments, **target)
                assert "limited to certain repositories" in words, tool
        for uri in ("repo://acme/payments/main/contents/README.md", "pr://acme/payments/1/diff"):
            with pytest.raises(MCPError, match="limited to certain repositories"):
                await client.read_resource(uri)
        assert hub.requests() == before
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1


async def test_searches_and_lists_stay_within_grants(shared_hub: Hub) -> None:
    async with shared_hub.client(limited("ACME/Website")) as client:
        found = await call(client, "list_repositories", owner="acme", type="all", limit=50)
        assert [one["full_name"] for one in found["items"]] == ["acme/website"]
        for query in ("acme", "acme -repo:acme/payments", "user:acme"):
            repositories = await call(client, "search_repositories", query=query)
            assert {one["full_name"] for one in repositories["items"]} <= {"acme/website"}
        for query in ("paid", "settlement org:acme", "drifts"):
            assert (await call(client, "search_issues", query=query))["items"] == []
        for query in ("Northwind", "Orbits"):
            assert (await call(client, "search_code", query=query))["items"] == []
        assert (await call(client, "search_commits", query="ledger"))["items"] == []
        for query in (
            "x repo:acme/payments",
            'x repo:"acme/payments"',
            "x Repo:no/where",
            "user:globex",
            "org:nowhere x",
        ):
            for tool in ("search_repositories", "search_issues", "search_code", "search_commits"):
                words = await refusal(client, tool, query=query)
                assert words.startswith("Your access is limited"), "an empty result would read as: none"
        assert len((await call(client, "search_issues", query="umlauts"))["items"]) == 1


async def test_search_pages_hold_only_granted_results(hub: Hub) -> None:
    world = hub.simulator.world
    for number in range(40):
        for name in ("acme/payments", "acme/website"):
            world.add_issue(world.repositories[name], world.accounts["mona"], f"needle {number}", None)
    async with hub.client(limited("acme/web*", "globex/*")) as client:
        titles: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await call(client, "search_issues", query="needle", limit=7, **cursor)
            titles += [plain(issue["title"]) for issue in page["items"]]
            assert {issue["repository"] for issue in page["items"]} == {"acme/website"}
            if "next_cursor" not in page:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert sorted(titles) == sorted(f"needle {number}" for number in range(40))


@pytest.mark.parametrize("others", [[], ["globex/rockets"], [f"acme/other{number}" for number in range(8)]])
async def test_issue_search_covers_all_granted_repositories(hub: Hub, others: list[str]) -> None:
    world = hub.simulator.world
    for name in ("acme/payments", "acme/website"):
        world.add_issue(world.repositories[name], world.accounts["mona"], "needle", None)
    for number in range(300):
        world.add_issue(world.repositories["globex/rockets"], world.accounts["mona"], f"needle {number}", None)
    async with hub.client(limited("acme/website", "acme/payments", *others)) as client:
        found = (await call(client, "search_issues", query="needle", limit=50))["items"]
        assert (await call(client, "search_code", query="the"))["items"]
    assert {"acme/payments", "acme/website"} <= {one["repository"] for one in found}


async def test_grants_do_not_follow_a_rename(hub: Hub) -> None:
    hub.simulator.world.rename("acme/payments", "ledger")
    async with hub.client(limited("acme/payments")) as client:
        words = await refusal(client, "get_file_contents", path="README.md", **PAYMENTS)
    assert "has another name now" in words
    assert "ledger" not in words


async def test_completions_stay_within_grants(shared_hub: Hub) -> None:
    from mcp_types import ResourceTemplateReference

    reference = ResourceTemplateReference(uri="repo://{owner}/{repo}/{ref}/contents/{+path}")
    async with shared_hub.client(limited("acme/handbook")) as client:
        argument = {"name": "repo", "value": ""}
        found = await client.complete(reference, argument, {"owner": "acme"})
        assert found.completion.values == ["handbook"]
        with pytest.raises(MCPError, match="limited to certain repositories"):
            await client.complete(reference, {"name": "ref", "value": ""}, {"owner": "acme", "repo": "payments"})


POLICY = """
version: 1
clients:
  reviewer: {grants: {repositories: ["acme/*"]}, write: false}
  locked-out: {grants: {repositories: []}}
"""


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


async def test_policy_and_token_grants_are_intersected(shared_hub: Hub, policy_file: Path) -> None:
    both = {"policy_file": str(policy_file)}
    reviewer = new_caller(client_id="reviewer", grants={"repositories": ["acme/website", "globex/rockets"]})
    async with shared_hub.client(reviewer, **both) as client:
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1
        assert "limited" in await refusal(client, "get_issue", issue_number=1, **PAYMENTS)
        assert "limited" in await refusal(client, "get_issue", issue_number=1, owner="globex", repo="rockets")
        assert "create_issue" not in {tool.name for tool in (await client.list_tools()).tools}
    async with shared_hub.client(new_caller(client_id="locked-out"), **both) as client:
        assert "nothing to search" in await refusal(client, "search_code", query="x")
        assert "limited" in await refusal(client, "get_issue", issue_number=1, **SITE)


async def test_patterns_of_policy_and_token_must_both_match(shared_hub: Hub, tmp_path: Path) -> None:
    """What two patterns have in common is narrower than either."""
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nclients: {narrow: {grants: {repositories: ['ACME/web*', 'acme/?']}}}\n")
    narrow = new_caller(client_id="narrow", grants={"repositories": ["acme/*", "*/payments"]})
    async with shared_hub.client(narrow, policy_file=str(file)) as client:
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1
        assert "limited" in await refusal(client, "get_issue", issue_number=1, **PAYMENTS)
        listed = await call(client, "list_repositories", owner="acme")
        assert {one["full_name"] for one in listed["items"]} == {"acme/website"}
        found = await call(client, "search_repositories", query="acme")
        assert {one["full_name"] for one in found["items"]} <= {"acme/website"}
        identity = await call(client, "github_whoami")
        assert identity["grants"] == {"repositories": [["*/payments", "acme/*"], ["ACME/web*", "acme/?"]]}


async def test_a_read_only_server_stays_read_only(served: Any, issuer: RunningIssuer) -> None:
    with served(read_only=True) as base_url:
        token = issuer.mint(f"{base_url}/mcp", scopes=SCOPES)
        headers = {"Authorization": f"Bearer {token}", "X-MCP-Readonly": "false"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=10) as http,
            Client(streamable_http_client(f"{base_url}/mcp", http_client=http)) as client,
        ):
            names = {tool.name for tool in (await client.list_tools()).tools}
    assert ("create_issue" in names, "get_issue" in names) == (False, True)


async def test_hidden_tools_have_reasons_and_bad_filters_fail(served: Any, issuer: RunningIssuer) -> None:
    with served() as base_url:
        token = issuer.mint(f"{base_url}/mcp", scopes=SCOPES, claims={"grants": ONLY_SITE})
        headers = {"Authorization": f"Bearer {token}", "X-MCP-Toolsets": "issues", "X-MCP-Readonly": "1"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=10) as http,
            Client(streamable_http_client(f"{base_url}/mcp", http_client=http)) as client,
        ):
            who = await call(client, "github_whoami")
            reasons = {tool["name"]: tool["reason"] for tool in who["hidden_tools"]}
            assert "X-MCP-Readonly" in reasons["create_issue"]
            off = {one["toolset"]: one for one in who["toolsets_off"]}
            assert "X-MCP-Toolsets" in off["repos"]["reason"]
            assert "get_file_contents" in off["repos"]["tools"]
            assert "X-MCP-Toolsets" in await refusal(client, "list_branches", **SITE)
            assert "X-MCP-Readonly" in await refusal(client, "create_issue", title="T", **SITE)
            assert "limited to certain" in await refusal(client, "list_issues", **BOOK)  # the token's own claim
            assert (await call(client, "list_issues", **SITE))["items"]
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as http:
            answer = await http.post(f"{base_url}/mcp", json={}, headers={"X-MCP-Readonly": "maybe"})
            assert answer.status_code == 400
            assert "X-MCP-Readonly" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "grants", ["acme/website", ["acme/website"], {"repositories": "acme/website"}, {"repositories": [1]}]
)
async def test_malformed_grants_are_unauthorized(served: Any, issuer: RunningIssuer, grants: Any) -> None:
    with served() as base_url:
        token = issuer.mint(f"{base_url}/mcp", scopes=SCOPES, claims={"grants": grants})
        answer = await asyncio.to_thread(
            httpx2.post, f"{base_url}/mcp", json={}, headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 401


def test_contradictory_settings_are_refused(shared_hub: Hub) -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        shared_hub.settings(app_id="1", app_private_key=SecretStr("k"), app_installation_id=1)
    with pytest.raises(ValueError, match="go together"):
        shared_hub.settings(token=None, app_id="1")
    with pytest.raises(ValueError, match="PEM"):
        build(shared_hub.settings(token=None, app_id="1", app_private_key=SecretStr("k"), app_installation_id=1))

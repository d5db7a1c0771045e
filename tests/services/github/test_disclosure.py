"""From private to public: callers who read private repositories need confirmation for public writes."""

import base64
from typing import Any

import pytest
from mcp_types import ElicitResult

from servicekit.testing.service import connect
from tests.fixtures.calls import call, preview, refusal

from .scene import PAYMENTS, SITE, Hub, key, new_caller

ROCKETS = {"owner": "globex", "repo": "rockets"}
COMMENT: dict[str, Any] = {"issue_number": 1, "body": "Northwind was paid double.", **ROCKETS}


async def test_injected_issue_text_cannot_leak_private_files(hub: Hub) -> None:
    """The seeded issue attempts an attack: its text asks to post a private file as a comment."""
    rockets = hub.simulator.world.repositories["globex/rockets"].issues[1]
    async with hub.client() as client:
        issue = await call(client, "get_issue", issue_number=1, **ROCKETS)
        assert "acme/payments" in issue["body"]
        assert "](http" not in issue["body"]
        assert "<!--" not in issue["body"]
        await call(client, "get_file_contents", path="docs/incident.md", **PAYMENTS)
        shown, code = await preview(client, "add_comment", **COMMENT)
        assert "has read private repositories (acme/payments)" in shown["effect"]
        assert "globex/rockets is public" in shown["effect"]
        assert shown["shown"]["body"] == "Northwind was paid double."
        assert rockets.comments == []
        assert shown["private_sources"] == ["acme/payments"]
        await call(client, "github_confirm_action", code=code)
    assert len(rockets.comments) == 1


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_issue", {"issue_number": 1}),
        ("list_issues", {}),
        ("list_commits", {}),
        ("get_repository_tree", {}),
        ("get_file_contents", {"path": "README.md"}),
    ],
)
async def test_private_readings_count_on_every_replica(hub: Hub, tool: str, arguments: dict[str, Any]) -> None:
    ann, bob = new_caller(), new_caller()
    async with hub.client(ann) as one:
        await call(one, tool, **arguments, **PAYMENTS)
    async with hub.client(ann) as two:
        assert "acme/payments" in (await preview(two, "add_comment", **COMMENT))[0]["effect"]
    async with hub.client(bob) as other:  # another caller's readings do not count
        await call(other, "add_comment", **COMMENT)


@pytest.mark.parametrize(("tool", "query"), [("search_issues", "settlement"), ("search_code", "Northwind")])
async def test_search_results_with_private_text_count_as_reading(hub: Hub, tool: str, query: str) -> None:
    async with hub.client() as client:
        assert (await call(client, tool, query=query))["items"]
        assert "acme/payments" in (await preview(client, "add_comment", **COMMENT))[0]["effect"]


async def test_listing_private_repositories_is_no_reading(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "list_repositories", owner="acme", type="all", limit=50)
        await call(client, "search_repositories", query="acme")
        await call(client, "get_issue", issue_number=1, **SITE)
        assert (await call(client, "add_comment", issue_number=1, body="Public all along.", **SITE))["id"]


async def test_private_writes_need_no_confirmation(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "get_issue", issue_number=1, **PAYMENTS)
        assert (await call(client, "add_comment", issue_number=1, body="Noted.", **PAYMENTS))["id"]


async def test_every_writing_tool_needs_confirmation(hub: Hub) -> None:
    head = hub.simulator.world.repositories["acme/website"].git.branches()["main"]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("create_issue", {"title": "T"}),
        ("update_issue", {"issue_number": 1, "title": "T"}),
        ("add_comment", {"issue_number": 1, "body": "B"}),
        ("create_branch", {"branch": "b"}),
        ("create_pull_request", {"title": "T", "head": "fix/health", "base": "main"}),
        ("review_pull_request", {"pull_number": 3, "event": "COMMENT", "body": "B", "head_sha": head}),
        ("reply_to_review_thread", {"pull_number": 3, "thread_id": 1, "body": "B"}),
        ("resolve_review_thread", {"pull_number": 3, "thread_id": 1}),
        ("request_reviewers", {"pull_number": 3, "reviewers": ["mona"]}),
        ("update_pull_request", {"pull_number": 3, "title": "T"}),
        ("update_pull_request_branch", {"pull_number": 3, "head_sha": head}),
        ("rerun_failed_jobs", {"run_id": 1}),
        ("rerun_workflow_run", {"run_id": 1}),
        ("cancel_workflow_run", {"run_id": 1}),
        ("dispatch_workflow", {"workflow": "deploy.yml", "inputs": {"environment": "staging"}}),
        ("create_release", {"tag": "t"}),
        ("fork_repository", {}),
        ("create_milestone", {"title": "T"}),
        ("update_milestone", {"milestone": "1", "title": "T"}),
        ("change_sub_issue", {"issue_number": 1, "action": "add", "sub_issue": 2}),
        (
            "commit_files",
            {"branch": "main", "message": "M", "files": [{"path": "x", "content": "SECRET"}], "expected_head": head},
        ),
    ]
    async with hub.client() as client:
        await call(client, "get_issue", issue_number=1, **PAYMENTS)
        writing = {
            tool.name
            for tool in (await client.list_tools()).tools
            if tool.annotations is not None and not tool.annotations.read_only_hint
        }
        assert writing == {tool for tool, _ in asked} | {
            "merge_pull_request",
            "delete_branch",
            "create_repository",
            "github_confirm_action",
        }
        for tool, arguments in asked:
            shown, _ = await preview(client, tool, **arguments, **SITE)
            assert "acme/website is public" in shown["effect"], tool
            assert "SECRET" in str(shown["shown"]) or tool != "commit_files"
        pull = await call(client, "get_pull_request", pull_number=4, **SITE)
        at = {"pull_number": 4, "head_sha": pull["head_sha"], "idempotency_key": key(), **SITE}
        assert "has read private repositories" in (await preview(client, "merge_pull_request", **at))[0]["effect"]
        at = {"branch": "fix/health", "head_sha": pull["head_sha"], "idempotency_key": key(), **SITE}
        assert "has read private repositories" in (await preview(client, "delete_branch", **at))[0]["effect"]
    assert hub.requests("POST") == hub.requests("POST", "*/graphql"), "only questions"
    assert hub.requests("PATCH") + hub.requests("PUT") + hub.requests("DELETE") == 0


@pytest.mark.parametrize("agrees", [True, False])
async def test_capable_client_asks_its_user_to_confirm(hub: Hub, *, agrees: bool) -> None:
    asked: list[str] = []

    async def answer(_: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"agree": agrees})

    service, ann = hub.service(), new_caller()
    async with service.running(), connect(service, ann, elicitation_callback=answer) as client:
        await call(client, "get_issue", issue_number=1, **PAYMENTS)
        result = await client.call_tool("add_comment", COMMENT)
    assert "globex/rockets is public" in asked[0]
    assert len(hub.simulator.world.repositories["globex/rockets"].issues[1].comments) == int(agrees)
    assert result.is_error is not agrees


async def test_without_a_store_readings_are_kept_in_the_process(hub: Hub) -> None:
    from github_mcp.adapters.api.readings import StoredReadings
    from servicekit.core.caller import acting_as

    readings = StoredReadings(None)
    with acting_as(new_caller(subject="ann")):
        await readings.note("acme/payments")
        assert (await readings.of_caller()).private == ["acme/payments"]
    with acting_as(new_caller(subject="bob")):
        assert (await readings.of_caller()).private == []
    assert hub.requests() == 0


async def test_readings_survive_a_store_outage(hub: Hub) -> None:
    from devkit.loopback.ports import free_port
    from github_mcp.adapters.api.readings import StoredReadings
    from servicekit.core.caller import acting_as
    from servicekit.storage.redis.store import RedisStore

    store, back = RedisStore(f"redis://127.0.0.1:{free_port()}/0"), RedisStore(hub.valkey_url)
    readings, ann = StoredReadings(store), new_caller()
    with acting_as(ann):
        await readings.note("acme/payments")
    store.redis = back.redis
    store._paused_until = 0.0
    with acting_as(ann):
        assert (await readings.of_caller()).private == ["acme/payments"]
        await readings.note("acme/payments")
        assert (await StoredReadings(store).of_caller()).private == ["acme/payments"]
    await back.stop()
    await store.stop()


async def test_everything_is_shown_to_its_end_or_refused(hub: Hub) -> None:
    head = hub.simulator.world.repositories["acme/website"].git.branches()["main"]
    secret = base64.encodebytes("ключ: SECRET".encode()).decode()  # with a line break
    files = [{"path": f"{number}.txt", "content": f"line {number}"} for number in range(25)]
    commit = {"branch": "main", "message": "M", "expected_head": head, **SITE}
    async with hub.client() as client:
        await call(client, "get_issue", issue_number=1, **PAYMENTS)
        body = "x" * 5000 + "SECRET\u200b"
        shown, _ = await preview(client, "add_comment", issue_number=1, body=body, **SITE)
        assert shown["shown"]["body"] == "x" * 5000 + "SECRET⟦U+200B⟧"
        shown, code = await preview(
            client, "commit_files", files=[*files, {"path": "z", "content": secret, "base64": True}], **commit
        )
        assert shown["shown"]["files[24].content"] == "line 24"
        assert (shown["shown"]["files[25].path"], shown["shown"]["files[25].content"]) == ("z", "ключ: SECRET")
        for tool, arguments in (
            ("add_comment", {"issue_number": 1, "body": "x" * 20_000, **SITE}),
            ("commit_files", {"files": [{"path": "x", "content": "y" * 300} for _ in range(60)], **commit}),
        ):
            assert "Split it into several calls" in await refusal(client, tool, **arguments)
        assert (await call(client, "github_confirm_action", code=code))["files"] == 26
    assert hub.requests("POST", path="*/comments") == 0

"""Writes whose response was lost are found by the retry instead of repeated."""

from typing import Any

import pytest

from tests.fixtures.calls import call, preview, refusal, text_of

from .scene import SITE, Hub, key, new_caller

LOST = {"kind": "truncated"}
"""The request takes effect, and the connection breaks in the middle of the response."""
WORKED = "An earlier attempt had taken effect already"


def counts(hub: Hub) -> dict[str, int]:
    """The number of objects of each kind."""
    site = hub.simulator.world.repositories["acme/website"]
    issues = site.issues.values()
    return {
        "issues": sum(issue.pull is None for issue in issues),
        "pulls": sum(issue.pull is not None for issue in issues),
        "comments": sum(len(issue.comments) for issue in issues),
        "reviews": sum(len(issue.pull.reviews) for issue in issues if issue.pull),
        "branches": len(site.git.branches()),
        "commits": len(list(site.git.history(site.git.branches()["feature/ranking"]))),
        "releases": len(site.releases),
        "milestones": len(site.milestones),
        "sub_issues": sum(len(issue.sub_issues) for issue in issues),
    }


def writes(hub: Hub) -> dict[str, tuple[str, dict[str, Any], str, str]]:
    """Kind of object to tool, arguments, and method and path of the request whose response is lost."""
    head = hub.simulator.world.repositories["acme/website"].git.branches()["feature/ranking"]
    files = [{"path": "new.txt", "content": "new\n"}]
    at = {"pull_number": 3, "head_sha": head}
    return {
        "issues": ("create_issue", {"title": "Lost"}, "POST", "*/issues"),
        "comments": ("add_comment", {"issue_number": 1, "body": "Lost"}, "POST", "*/comments"),
        "pulls": ("create_pull_request", {"title": "L", "head": "lost", "base": "main"}, "POST", "*/pulls"),
        "reviews": ("review_pull_request", {"event": "COMMENT", "body": "Lost", **at}, "POST", "*/reviews"),
        "branches": ("create_branch", {"branch": "new"}, "POST", "*/git/refs"),
        "commits": (
            "commit_files",
            {"branch": "feature/ranking", "message": "Lost", "files": files, "expected_head": head},
            "PATCH",
            "*/git/refs/*",
        ),
        "releases": ("create_release", {"tag": "v9", "notes": "Lost"}, "POST", "*/releases"),
        "milestones": ("create_milestone", {"title": "Lost"}, "POST", "*/milestones"),
        "sub_issues": (
            "change_sub_issue",
            {"issue_number": 1, "action": "add", "sub_issue": 2},
            "POST",
            "*/sub_issues",
        ),
    }


@pytest.mark.parametrize(
    ("kind", "keyed"),
    [
        ("issues", True), ("issues", False), ("comments", True), ("pulls", True), ("reviews", True),
        ("branches", True), ("commits", True), ("releases", True), ("milestones", True), ("sub_issues", True),
    ],
)  # fmt: skip
async def test_retry_after_a_lost_response_finds_the_write(hub: Hub, kind: str, *, keyed: bool) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    if kind == "pulls":
        git.set_ref("refs/heads/lost", git.branches()["fix/health"])
    tool, arguments, method, path = writes(hub)[kind]
    asked = {**arguments, **SITE, **({"idempotency_key": key()} if keyed else {})}
    ann, before = new_caller(), counts(hub)
    hub.misbehave(**LOST, method=method, path=path)
    async with hub.client(ann) as client:
        lost = await refusal(client, tool, **asked)
    assert "whether it took effect is unknown" in lost
    assert "Call again with the same arguments" in lost
    async with hub.client(ann) as other:
        found = await other.call_tool(tool, asked)
        assert not found.is_error, found.content
        assert WORKED in found.content[-1].text
        again = await other.call_tool(tool, asked)
    assert text_of(again) == text_of(found)
    assert counts(hub) == {**before, kind: before[kind] + 1}


async def test_retry_after_a_timeout_finds_the_write(hub: Hub) -> None:
    ann, asked = new_caller(), {"title": "Too late", "idempotency_key": key(), **SITE}
    before = counts(hub)
    hub.misbehave("hang_after", method="POST", path="*/issues", seconds=30)
    async with hub.client(ann, upstream_timeout=2) as client:
        await call(client, "get_issue", issue_number=1, **SITE)
        assert "whether it took effect is unknown" in await refusal(client, "create_issue", **asked)
        found = await client.call_tool("create_issue", asked)
    assert WORKED in found.content[-1].text
    assert counts(hub) == {**before, "issues": before["issues"] + 1}
    assert hub.requests("POST", "*/issues") == 1


async def test_retry_after_an_error_writes_once(hub: Hub) -> None:
    ann, asked = new_caller(), {"title": "Never arrived", "idempotency_key": key(), **SITE}
    before = counts(hub)
    hub.misbehave("error", method="POST", path="*/issues")
    async with hub.client(ann) as client:
        assert "unknown" in await refusal(client, "create_issue", **asked)
        made = await client.call_tool("create_issue", asked)
    assert not made.is_error
    assert len(made.content) == 1  # written by this call, not an earlier one
    assert counts(hub) == {**before, "issues": before["issues"] + 1}


async def test_merge_with_a_lost_response_is_found(hub: Hub) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    asked = {"pull_number": 4, "head_sha": git.branches()["fix/health"], "idempotency_key": key(), **SITE}
    ann = new_caller()
    hub.misbehave(**LOST, method="PUT", path="*/merge")
    async with hub.client(ann) as client:
        _, code = await preview(client, "merge_pull_request", **asked)
        assert "unknown" in await refusal(client, "github_confirm_action", code=code)
        found = await client.call_tool("merge_pull_request", asked)
    assert found.structured_content == {"number": 4, "sha": git.branches()["main"]}
    assert WORKED in found.content[-1].text
    assert hub.requests("PUT") == 1


async def test_key_of_a_lost_write_refuses_other_arguments(hub: Hub) -> None:
    ann, asked = new_caller(), {"title": "Lost", "idempotency_key": key(), **SITE}
    hub.misbehave(**LOST, method="POST", path="*/issues")
    async with hub.client(ann) as client:
        await refusal(client, "create_issue", **asked)
        words = await refusal(client, "create_issue", **{**asked, "title": "Other"})
    assert "used for a call with other arguments" in words
    assert hub.requests("POST", "*/issues") == 1


async def test_rerun_with_a_lost_response_is_not_repeated(hub: Hub) -> None:
    run = hub.simulator.world.repositories["acme/website"].runs[0]
    ann, asked = new_caller(), {"run_id": run.id, "idempotency_key": key(), **SITE}
    hub.misbehave(**LOST, method="POST", path="*/rerun-failed-jobs")
    async with hub.client(ann) as client:
        await refusal(client, "rerun_failed_jobs", **asked)
        words = await refusal(client, "rerun_failed_jobs", **asked)
    assert "Check the current state" in words
    assert run.attempt == 2

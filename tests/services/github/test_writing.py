"""Every writing tool: its effect is visible to git and the API, happens once, and carries the effect id."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dulwich.porcelain import clone
from mcp.client import Client

from tests.fixtures.calls import call, preview, refusal, text_of

from .scene import BOOK, SITE, Hub, key, new_caller

MARK = re.compile(r"<!-- fleet-write:[0-9a-f]{24} -->$")


async def head_of(client: Client, branch: str = "main") -> str:
    branches = (await call(client, "list_branches", **SITE))["items"]
    sha: str = next(one["sha"] for one in branches if one["name"] == branch)
    return sha


async def test_issue_is_opened_changed_and_closed(hub: Hub, writer: Client) -> None:
    asked = {"title": "Dark mode", "body": "At night.", "labels": ["wish"], "assignees": ["hubot"], **SITE}
    made = await call(writer, "create_issue", **asked)
    assert set(made) == {"number", "url", "state"}  # no text written by other people
    issue = hub.simulator.world.repositories["acme/website"].issues[made["number"]]
    assert (issue.title, issue.labels, [one.login for one in issue.assignees]) == ("Dark mode", ["wish"], ["hubot"])
    assert issue.body is not None
    assert MARK.search(issue.body)
    changes = {"title": "Dark colours", "state": "closed", "state_reason": "not_planned", "clear": ["labels"]}
    changed = await call(writer, "update_issue", issue_number=issue.number, **changes, **SITE)
    assert changed["state"] == "closed"
    assert (issue.title, issue.labels, issue.state_reason) == ("Dark colours", [], "not_planned")
    assert issue.body.startswith("At night.")
    await call(writer, "add_comment", issue_number=issue.number, body="Later, perhaps.", **SITE)
    assert MARK.search(issue.comments[0].body)
    read = await call(writer, "get_issue", issue_number=issue.number, **SITE)
    assert read["state"] == "closed"
    assert "Later, perhaps." in read["shown_comments"][0]["body"]
    text = await refusal(writer, "update_issue", issue_number=issue.number, **SITE)
    assert text.startswith("Nothing to change")
    assert text.endswith("name them in clear.")
    both = {"labels": ["wish"], "clear": ["labels"]}
    assert "labels is in clear" in await refusal(writer, "update_issue", issue_number=issue.number, **both, **SITE)
    await call(writer, "update_issue", issue_number=issue.number, clear=["body", "assignees"], **SITE)
    assert (MARK.sub("", issue.body).strip(), issue.assignees) == ("", [])


async def test_branch_commit_pull_request_and_confirmed_merge(hub: Hub, tmp_path: Path) -> None:
    async with hub.client() as client:
        branch = await call(client, "create_branch", branch="feature/dark", **SITE)
        assert branch["sha"] == await head_of(client)
        files = [
            {"path": "site/dark.css", "content": "body { color: <white> }\n"},
            {"path": "site/[night](x).txt", "content": "ä\n"},
            {"path": "assets/moon.bin", "content": "AAECAw==", "base64": True},
            {"path": "run.sh", "content": "true\n", "executable": True},
            {"path": "docs/operations.md", "delete": True},
        ]
        expected = {"branch": "feature/dark", "expected_head": branch["sha"], **SITE}
        commit = await call(client, "commit_files", message="Add dark mode", files=files, **expected)
        stale = await refusal(client, "commit_files", message="Again", files=files[:1], **expected)
        assert f"it is at {commit['sha']} now" in stale
        asked = {"title": "Dark mode", "head": "feature/dark", "base": "main", "body": "See inside.", **SITE}
        pull = await call(client, "create_pull_request", **asked)
        assert pull["head_sha"] == commit["sha"]
        at = {"pull_number": pull["number"], "head_sha": commit["sha"], **SITE}
        review = await call(client, "review_pull_request", event="COMMENT", body="Fine.", **at)
        assert review["state"] == "COMMENTED"
        shown, code = await preview(client, "merge_pull_request", **at)
        assert shown["effect"].startswith(f"Merges pull request #{pull['number']} of acme/website (feature/dark at ")
        assert "1 commit, 5 files) into main" in shown["effect"]
        merged = await call(client, "github_confirm_action", code=code)
        assert await head_of(client) == merged["sha"]
        again = await refusal(client, "github_confirm_action", code=code)
        assert "already merged" in again or "used already" in again
    repository = clone(f"{hub.running.url}/acme/website.git", str(tmp_path / "clone"))
    work = tmp_path / "clone"
    assert repository.head().decode() == merged["sha"]
    assert (work / "site" / "dark.css").read_text() == "body { color: <white> }\n"
    assert (work / "site" / "[night](x).txt").read_text() == "ä\n"
    assert (work / "assets" / "moon.bin").read_bytes() == b"\0\1\2\3"
    assert (work / "run.sh").stat().st_mode & 0o111
    assert not (work / "docs" / "operations.md").exists()
    message = repository[commit["sha"].encode()].message.decode()
    assert re.fullmatch(r"Add dark mode\n\nFleet-Write: [0-9a-f]{24}\n", message)
    repository.close()


async def test_edit_keeps_the_executable_mode(hub: Hub, writer: Client) -> None:
    async def commit(**change: Any) -> int:
        asked = {"branch": "main", "message": "M", "expected_head": await head_of(writer), **SITE}
        made = await call(writer, "commit_files", files=[{"path": "run.sh", **change}], **asked)
        git = hub.simulator.world.repositories["acme/website"].git
        return int(git.files(made["sha"])["run.sh"][0])

    assert await commit(content="false\n", executable=True) == 0o100755
    assert await commit(content="true\n") == 0o100755
    assert await commit(content="true\n", executable=False) == 0o100644
    assert await commit(content="false\n") == 0o100644


async def test_release_creates_its_tag(hub: Hub, writer: Client) -> None:
    made = await call(writer, "create_release", tag="v1.1.0", notes="Colours.", target="main", **SITE)
    assert made["tag"] == "v1.1.0"
    assert "refs/tags/v1.1.0" in hub.simulator.world.repositories["acme/website"].git.refs()
    assert (await call(writer, "get_latest_release", **SITE))["tag"] == "v1.1.0"
    words = await refusal(writer, "create_release", tag="v1.1.0", notes="Others.", **SITE)
    assert "tag_name is already_exists" in words


async def test_failed_jobs_are_rerun(hub: Hub, writer: Client) -> None:
    run = hub.simulator.world.repositories["acme/website"].runs[0]
    assert await call(writer, "rerun_failed_jobs", run_id=run.id, **SITE) == {"run_id": run.id, "attempt": 2}
    assert (await call(writer, "get_check_runs", ref="feature/ranking", **SITE))["failed"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("create_branch", {"branch": "main"}, "Reference already exists"),
        ("create_branch", {"branch": "x", "from_ref": "nowhere"}, "There is no branch, tag or commit `nowhere`"),
        ("create_pull_request", {"title": "T", "head": "main", "base": "main"}, "No commits between main and main"),
        (
            "create_pull_request",
            {"title": "T", "head": "nowhere", "base": "main"},
            "no branch `nowhere` (head)",
        ),
        ("create_pull_request", {"title": "T", "head": "fix/health", "base": "main"}, "is open already"),
        ("review_pull_request", {"pull_number": 3, "event": "COMMENT", "head_sha": "0" * 40}, "needs a body"),
        ("create_issue", {"title": "T", "assignees": ["drifter"]}, "assignees is invalid"),
        ("rerun_failed_jobs", {"run_id": 1}, "no run 1 in acme/website"),
        (
            "commit_files",
            {"branch": "nowhere", "message": "M", "expected_head": "0" * 40},
            "create_branch creates one",
        ),
    ],
)
async def test_rejected_writes_give_githubs_reason(
    reader: Client, tool: str, arguments: dict[str, Any], words: str
) -> None:
    more = {"files": [{"path": "a", "content": "b"}]} if tool == "commit_files" else {}
    assert words in await refusal(reader, tool, **arguments, **more, **SITE)


async def test_duplicate_or_climbing_paths_write_nothing(hub: Hub, writer: Client) -> None:
    head = await head_of(writer)
    asked = {"branch": "main", "message": "M", "expected_head": head, **SITE}
    twice = [{"path": "a", "content": "1"}, {"path": "a", "content": "2"}]
    assert "names a path twice" in await refusal(writer, "commit_files", files=twice, **asked)
    before = hub.requests()
    for path in ("../x", "//x", "a//b", ".git/../x", "a\0"):
        await refusal(writer, "commit_files", files=[{"path": path, "content": "x"}], **asked)
    assert hub.requests() == before
    assert await head_of(writer) == head


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_merge_needs_the_reviewed_head(hub: Hub, mode: Any) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    async with hub.client(mode=mode) as client:
        pull = await call(client, "get_pull_request", pull_number=4, **SITE)
        at = {"pull_number": 4, **SITE}
        wrong = await refusal(client, "merge_pull_request", head_sha="0" * 40, idempotency_key=key(), **at)
        assert f"its head is now {pull['head_sha']}" in wrong
        _, code = await preview(client, "merge_pull_request", head_sha=pull["head_sha"], **at)
        files = [{"path": "late.txt", "content": "x"}]
        later = {"branch": "fix/health", "message": "Later", "files": files, "expected_head": pull["head_sha"], **SITE}
        await call(client, "commit_files", **later)
        assert "has changed" in await refusal(client, "github_confirm_action", code=code)
        assert git.branches()["main"] != pull["head_sha"]
        assert hub.requests("PUT") == 0


async def test_conflicting_or_closed_pull_request_is_not_merged(writer: Client) -> None:
    head = await head_of(writer)
    files = [{"path": "site/search.py", "content": "other\n"}]
    await call(writer, "commit_files", branch="main", message="Other", files=files, expected_head=head, **SITE)
    ranking = await head_of(writer, "feature/ranking")
    asked = {"pull_number": 3, "head_sha": ranking, **SITE}
    assert "conflicts with main" in await refusal(writer, "merge_pull_request", idempotency_key=key(), **asked)
    await call(writer, "update_issue", issue_number=3, state="closed", **SITE)
    assert "is closed" in await refusal(writer, "merge_pull_request", idempotency_key=key(), **asked)


async def test_idempotency_key_holds_across_replicas(hub: Hub) -> None:
    ann, arguments = new_caller(), {"title": "Once", "idempotency_key": key(), **SITE}
    async with hub.client(ann) as one, hub.client(ann) as two:
        first = await call(one, "create_issue", **arguments)
        again = await two.call_tool("create_issue", arguments)
        assert again.structured_content == first
        assert "nothing was done again" in again.content[-1].text
        unkeyed = {"title": "Twice?", **SITE}
        numbers = [(await call(client, "create_issue", **unkeyed))["number"] for client in (one, two)]
    assert numbers[0] == numbers[1]
    assert hub.requests("POST", "*/issues") == 2


async def test_server_without_a_store_only_reads(hub: Hub) -> None:
    async with hub.client(redis_url=None, audit_file=None) as client:
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1
        words = await refusal(client, "add_comment", issue_number=1, body="x", **SITE)
    assert "This server only reads" in words
    assert hub.requests("POST") == 0


async def test_an_audit_file_without_a_store_is_logged(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with hub.client(redis_url=None, audit_file=tmp_path / "trail.jsonl"):
        (warning,) = [record for record in caplog.records if record.message == "audit file not used"]
    assert vars(warning)["reason"] == "REDIS_URL is not set"


async def test_own_writes_are_read_at_once(writer: Client) -> None:
    for number in range(3):
        await call(writer, "add_comment", issue_number=1, body=f"{number} {uuid4()}", **BOOK | SITE)
        assert len((await call(writer, "get_issue", issue_number=1, **SITE))["shown_comments"]) == number + 1


async def test_write_results_hold_no_user_content(hub: Hub) -> None:
    async with hub.client() as client:
        for tool in (await client.list_tools()).tools:
            if (
                tool.annotations is not None
                and not tool.annotations.read_only_hint
                and tool.name != "github_confirm_action"
            ):
                assert "user_content" not in str(tool.output_schema)
        made = await client.call_tool("create_issue", {"title": "<user_content>", **SITE})
        assert "user_content" not in text_of(made)

"""The tools on another server of GitHub's API, with sparse responses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Review
from devkit.simulators.github.testing import simulator_in_thread
from devkit.simulators.github.variants import Variant
from tests.fixtures.calls import call, confirmed, preview, refusal, walk
from tests.services.github.scene import Hub, key, plain

from .other_server import AUTHOR, BASE, BEGINNING, BOT, LONG_LOG, WIDGET, fill


@pytest.fixture(params=[Variant(), Variant(links=True, chunked=True)], ids=["in one piece", "in chunks, with links"])
def other(request: pytest.FixtureRequest, valkey_url: str, tmp_path: Path) -> Iterator[Hub]:
    with simulator_in_thread(tmp_path / "repositories", fill, request.param) as running:
        yield Hub(running, valkey_url, tmp_path)


async def test_issue_moved_to_another_repository_is_refused(other: Hub, widget: Repository, client: Client) -> None:
    world = other.simulator.world
    moved = world.add_issue(widget, AUTHOR, "Moved", None).number
    world.transfer_issue(widget, moved, world.repositories["tools/vault"])
    asked: dict[str, Any] = {"issue_number": moved, **WIDGET}
    assert f"moved issue #{moved} in Tools/widget to another place" in await refusal(client, "get_issue", **asked)
    assert f"moved issue #{moved}" in await refusal(client, "update_issue", state="closed", **asked)
    assert other.requests(path="*vault*") == other.requests(path=f"*/repositories/*/issues/{moved}") == 0


async def test_renamed_repository_is_refused_under_its_old_name(other: Hub, client: Client) -> None:
    other.simulator.world.rename("tools/widget", "gadget")
    assert "has another name now" in await refusal(client, "get_file_contents", path="README.md", **WIDGET)


async def test_lists_are_read_to_their_end(client: Client) -> None:
    pages = await walk(client, "list_repositories", owner="Tools", type="all", limit=1)
    assert [one["full_name"] for one in pages] == ["Tools/vault", "Tools/widget"]
    assert [one["name"] for one in await walk(client, "list_branches", limit=1, **WIDGET)] == ["better", "trunk"]
    assert len(await walk(client, "list_commits", ref="better", limit=1, **WIDGET)) == 2
    assert [one["number"] for one in await walk(client, "list_issues", limit=2, **WIDGET)] == [5, 4, 3, 2, 1]
    both = await call(client, "list_branches", limit=2, **WIDGET)
    assert "next_cursor" not in both


async def test_search_skips_deleted_repositories(other: Hub, client: Client) -> None:
    world = other.simulator.world
    gone = world.add_repository(world.accounts["tools"], "gone", private=False, description="")
    world.add_issue(gone, AUTHOR, "Issue of a repository that is gone", None)
    world.delete("tools/gone")
    found = await walk(client, "search_issues", query="issue", limit=3)
    assert [one["repository"] for one in found] == ["Tools/vault"] * 6 + ["Tools/widget"] * 6
    assert [one["is_pull_request"] for one in found] == ([True] + [False] * 5) * 2
    assert other.requests("GET", f"{BASE}/repos/Tools/gone") > 0


async def test_incomplete_search_says_so(other: Hub, client: Client) -> None:
    other.simulator.world.search_is_incomplete = True
    code = await call(client, "search_code", query="print", limit=3)
    assert "search timed out" in code["notice"]
    assert len(code["items"]) == 3


async def test_refused_search_without_reasons(client: Client) -> None:
    words = await refusal(client, "search_code", query="repo:Tools/nowhere print")
    assert words.startswith("There is no repository `Tools/nowhere` (repo). Nearest: Tools/widget")


async def test_failed_job_is_found_among_many(widget: Repository, client: Client) -> None:
    checks = await call(client, "get_check_runs", ref="better", **WIDGET)
    assert (checks["failed"], checks["checks"][0]["name"], len(checks["checks"])) == (["job 110"], "job 110", 100)
    assert "first 100 of 120 checks" in checks["notice"]
    (log,) = (await call(client, "get_job_logs", run_id=widget.runs[0].id, **WIDGET))["logs"]
    assert (log["name"], log["failed_steps"]) == ("job 110", [])
    assert plain(log["text"]).endswith("\nfirst\n##[error]Process completed with exit code 1.\n")


async def test_end_of_a_log_too_long_to_read_whole(widget: Repository, client: Client) -> None:
    asked = {"job_id": widget.runs[0].jobs[-1].id, "failed_only": False, "tail_lines": 2, **WIDGET}
    (log,) = (await call(client, "get_job_logs", **asked))["logs"]
    total = LONG_LOG + 3  # and two lines of the step's heading, and the last one
    assert plain(log["text"]) == "one more line\nlast\n"
    assert (log["first_line"], log["last_line"], log["total_lines"]) == (total - 1, total, total)


async def test_installation_token_and_no_rate_limits(other: Hub, client: Client) -> None:
    owners = {"repositories": [{"owner": {"login": "Tools"}}, {"owner": None}]}
    other.misbehave("answer", path="*/installation/repositories", status=200, body=json.dumps(owners))
    me = await call(client, "get_me")
    assert me == {"login": "", "kind": "App installation", "organizations": ["Tools"]}
    assert await call(client, "get_rate_limit") == {"limits": [], "notice": "This GitHub server has no rate limits."}


async def test_reading(client: Client) -> None:
    readme = await call(client, "get_file_contents", path="README.md", ref="better", **WIDGET)
    assert plain(readme["text"]) == "# Better\n"
    large = await call(client, "get_file_contents", path="large.txt", **WIDGET)
    assert (large["ref"], large["size"], large["total_lines"]) == ("trunk", 1_600_000, 100_000)
    assert plain((await call(client, "get_file_contents", path="empty", **WIDGET))["text"]) == ""
    assert len((await call(client, "get_file_contents", **WIDGET))["entries"]) == 5
    assert "There is no file or directory `nowhere` (path)" in await refusal(
        client, "get_file_contents", path="nowhere", **WIDGET
    )
    assert len((await call(client, "get_repository_tree", **WIDGET))["items"]) == 7
    commit = await call(client, "get_commit", ref="better", **WIDGET)
    assert (plain(commit["message"]), "author" in commit, commit["files"]) == ("Better", False, [])
    issue = await call(client, "get_issue", issue_number=1, **WIDGET)
    assert (issue["is_pull_request"], "author" in issue, issue["shown_comments"]) == (False, False, [])
    (pull,) = (await call(client, "list_pull_requests", **WIDGET))["items"]
    whole = await call(client, "get_pull_request", pull_number=pull["number"], **WIDGET)
    assert (whole["head"], "head_repository" in whole) == ("better", False)
    diff = await call(client, "get_pull_request_diff", pull_number=pull["number"], **WIDGET)
    assert plain(diff["diff"]).startswith("diff --git")
    assert "no published release in Tools/widget" in await refusal(client, "get_latest_release", **WIDGET)


async def test_a_discussion_without_graphql(widget: Repository, client: Client) -> None:
    pull = widget.issues[6].pull
    assert pull is not None
    comment = {"path": "README.md", "line": 1, "side": "LEFT", "body": "Why?"}
    at = {"pull_number": 6, "head_sha": pull.head_sha, **WIDGET}
    await call(client, "review_pull_request", event="request_changes", comments=[comment], **at)
    found = await call(client, "get_pull_request", pull_number=6, **WIDGET)
    assert [one["part"] for one in found["missing"]] == ["review_decision", "which threads are resolved"]
    assert "does not offer" in found["missing"][0]["reason"]
    assert [one["state"] for one in found["reviews"]] == ["CHANGES_REQUESTED"]
    (thread,) = found["threads"]
    assert (thread["path"], thread["comment_count"]) == ("README.md", 1)
    assert not {"is_resolved", "is_outdated", "line"} & thread.keys()
    assert plain(thread["comments"][0]["body"]) == "Why?"
    asked = {"pull_number": 6, "thread_id": thread["id"], **WIDGET}
    await call(client, "reply_to_review_thread", body="Because.", **asked)
    assert len(pull.threads[0].comments) == 2
    assert "does not offer" in await refusal(client, "resolve_review_thread", **asked)
    await call(client, "update_pull_request", pull_number=6, title="Better", edits=None, **WIDGET)
    assert widget.issues[6].title == "Better"
    (file,) = (await call(client, "list_changed_files", pull_number=6, **WIDGET))["items"]
    assert file["path"] == "README.md"


async def test_links_submodules_and_files_without_content(other: Hub, client: Client) -> None:
    def answer(path: str, content: Any, status: int = 200) -> None:
        other.misbehave("answer", path=f"*/contents/{path}", status=status, body=json.dumps(content), times=9)

    about = {"sha": "0" * 40, "size": 9}
    answer("link", {"type": "symlink", "path": "link", "target": "../outside", **about})
    link = await call(client, "get_file_contents", path="link", **WIDGET)
    assert (link["type"], link["target"]) == ("symlink", "../outside")
    answer("lib", {"type": "submodule", "path": "lib", "submodule_git_url": "https://git.example/lib.git", **about})
    module = await call(client, "get_file_contents", path="lib", **WIDGET)
    assert (module["type"], module["target"]) == ("submodule", "https://git.example/lib.git")
    errors = [{"resource": "Blob", "field": "data", "code": "too_large"}]
    answer("huge", {"message": "This API returns blobs up to 100 MB in size.", "errors": errors}, 403)
    words = await refusal(client, "get_file_contents", path="huge", **WIDGET)
    assert words.endswith(
        'it is too large. GitHub says: <user_content source="upstream">This API returns blobs up to 100 MB in size; '
        "data is too_large</user_content>. Clone the repository with git to read it: the API returns up to 100 MB."
    )
    assert "operator" not in words
    answer("garbled", {"type": "file", "path": "garbled", "size": 3, "encoding": "base64", "content": "%%%"})
    assert "does not understand" in await refusal(client, "get_file_contents", path="garbled", **WIDGET)
    answer("crowd", [{"type": "file", "path": f"crowd/{number}", "size": None} for number in range(1000)])
    crowd = await call(client, "get_file_contents", path="crowd", **WIDGET)
    assert "get_repository_tree" in crowd["notice"]


async def test_forbidden_names_the_reason_and_the_missing_right(other: Hub, client: Client) -> None:
    right = {"x-accepted-github-permissions": "actions=write"}
    body = json.dumps({"message": "It runs already."})
    other.misbehave("answer", method="POST", path="*/rerun-failed-jobs", status=403, body=body, headers=right)
    run = other.simulator.world.repositories["tools/widget"].runs[0]
    words = await refusal(client, "rerun_failed_jobs", run_id=run.id, **WIDGET)
    said = '<user_content source="upstream">It runs already</user_content>'
    assert f"GitHub says: {said}. If rights are missing, ask the operator" in words
    assert words.endswith("grant them: actions=write is required.")


async def test_writing(widget: Repository, client: Client) -> None:
    git = widget.git
    head = git.branches()["better"]
    made = await call(client, "create_issue", title="New", **WIDGET)
    await call(client, "update_issue", issue_number=made["number"], state="closed", **WIDGET)
    issue = widget.issues[made["number"]]
    assert (issue.title, issue.state) == ("New", "closed")
    await call(client, "add_comment", issue_number=1, body="Hello", **WIDGET)
    assert widget.issues[1].comments[0].body.startswith("Hello")
    branch = await call(client, "create_branch", branch="new/one", **WIDGET)
    files: list[Any] = [
        {"path": "text", "content": "hi"},
        {"path": "bytes", "content": "AAE=", "base64": True},
        {"path": "empty", "delete": True},
    ]
    asked = {"branch": "new/one", "message": "Add", "files": files, "expected_head": branch["sha"], **WIDGET}
    assert (await call(client, "commit_files", **asked))["sha"] == git.branches()["new/one"]
    written = {path: git.blob(sha) for path, (_, sha) in git.files(git.branches()["new/one"]).items()}
    assert (written["text"], written["bytes"], "empty" in written) == (b"hi", b"\x00\x01", False)
    pull = await call(client, "create_pull_request", title="P", head="new/one", base="trunk", **WIDGET)
    assert pull["head_sha"] == git.branches()["new/one"]
    await call(client, "review_pull_request", pull_number=6, event="APPROVE", head_sha=head, **WIDGET)
    merge = {"pull_number": 6, "head_sha": head, "idempotency_key": key(), **WIDGET}
    assert (await confirmed(client, "merge_pull_request", **merge))["sha"] == git.branches()["trunk"]
    assert (await call(client, "rerun_failed_jobs", run_id=widget.runs[0].id, **WIDGET))["attempt"] == 2
    assert widget.runs[0].attempt == 2
    assert (await call(client, "create_release", tag="v1", **WIDGET))["tag"] == "v1"
    assert (await call(client, "get_latest_release", **WIDGET))["tag"] == "v1"


LOST: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "issues": ("create_issue", {"title": "Lost"}, "POST", "*/issues"),
    "comments": ("add_comment", {"issue_number": 1, "body": "Lost"}, "POST", "*/comments"),
    "pulls": ("create_pull_request", {"title": "Lost", "head": "other", "base": "trunk"}, "POST", "*/pulls"),
    "reviews": ("review_pull_request", {"pull_number": 6, "event": "COMMENT", "body": "Lost"}, "POST", "*/reviews"),
    "branches": ("create_branch", {"branch": "new"}, "POST", "*/git/refs"),
    "commits": ("commit_files", {"branch": "better", "message": "Lost"}, "PATCH", "*/git/refs/*"),
    "releases": ("create_release", {"tag": "v9"}, "POST", "*/releases"),
    "merges": ("merge_pull_request", {"pull_number": 6}, "PUT", "*/merge"),
    "reruns": ("rerun_failed_jobs", {}, "POST", "*/rerun-failed-jobs"),
}


@pytest.mark.parametrize("kind", LOST)
async def test_write_with_a_lost_response_takes_effect_once(
    other: Hub, widget: Repository, client: Client, kind: str
) -> None:
    earlier = [Comment(number, BOT, "", BEGINNING) for number in range(150)]  # on more than one page
    reviews = [Review(number, BOT, "", BEGINNING) for number in range(150)]
    pull = widget.issues[6].pull
    assert pull is not None
    pull.reviews += reviews
    widget.issues[1].comments += earlier
    head = widget.git.branches()["better"]
    widget.git.set_ref("refs/heads/other", head)
    more: dict[str, dict[str, Any]] = {
        "reviews": {"head_sha": head},
        "merges": {"head_sha": head},
        "commits": {"expected_head": head, "files": [{"path": "new", "content": "new"}]},
        "reruns": {"run_id": widget.runs[0].id},
    }
    tool, arguments, method, path = LOST[kind]
    asked = {**arguments, **more.get(kind, {}), **WIDGET, "idempotency_key": key()}
    other.misbehave("truncated", method=method, path=path)
    if kind == "merges":
        _, code = await preview(client, tool, **asked)
        words = await refusal(client, "github_confirm_action", code=code)
    else:
        words = await refusal(client, tool, **asked)
    assert "whether it took effect is unknown" in words
    again = await client.call_tool(tool, asked)
    said = again.content[-1].text
    assert ("Check the current state" if kind == "reruns" else "An earlier attempt had taken effect already") in said
    assert other.requests(method, path) == 1


async def test_edit_with_a_lost_response_is_sent_again(other: Hub, client: Client) -> None:
    other.misbehave("truncated", method="PATCH", path="*/issues/*")
    await call(client, "update_issue", issue_number=1, state="closed", **WIDGET)
    assert other.requests("PATCH") == 2


async def test_search_looks_once_at_each_repository(other: Hub, widget: Repository, client: Client) -> None:
    for number in range(40):
        other.simulator.world.add_issue(widget, AUTHOR, f"Another issue {number}", None)
    await call(client, "search_issues", query="issue", limit=40)
    assert other.requests("GET", f"{BASE}/repos/Tools/widget") == 1

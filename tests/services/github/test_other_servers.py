"""The same tools on another server of GitHub's API, which has as little as the API allows."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from pydantic import SecretStr

from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.core.caller import Caller
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, token_in, walk

from .plain_places import ID, PlainServer
from .plain_server import TOKEN, plain_server
from .scene import key, plain, somebody

WIDGET = {"owner": "Tools", "repo": "widget"}


@pytest.fixture(params=["in one piece", "in chunks, with links"])
def server(request: pytest.FixtureRequest) -> Iterator[PlainServer]:
    new = request.param != "in one piece"
    with plain_server(links=new, chunked=new) as server:
        yield server


@asynccontextmanager
async def connected(
    server: PlainServer, valkey_url: str, directory: Path, who: Caller | None = None
) -> AsyncIterator[Client]:
    """The official client of a server of ours that was told nothing of GitHub but where it is."""
    settings = GithubSettings(
        public_url="http://127.0.0.1:8103/mcp",
        api_url=server.url,
        token=SecretStr(TOKEN),
        redis_url=SecretStr(valkey_url),
        state_keys=(SecretStr("s" * 32),),
        audit_file=directory / f"audit-{secrets.token_hex(4)}",
    )
    service = build(settings)
    async with service.running(), connect(service, who or somebody()) as client:
        yield client


@pytest.fixture
async def client(server: PlainServer, valkey_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with connected(server, valkey_url, tmp_path) as client:
        yield client


async def test_an_issue_that_was_moved_to_another_repository_is_not_read_or_written_there(
    server: PlainServer, client: Client
) -> None:
    moved: dict[str, Any] = {"issue_number": 5, **WIDGET}
    assert "moved issue #5 in Tools/widget to another place" in await refusal(client, "get_issue", **moved)
    assert "moved issue #5" in await refusal(client, "update_issue", state="closed", **moved)
    assert "vault" not in " ".join(server.asked)
    gadget = {"owner": "Tools", "repo": "gadget"}
    assert "has another name now" in await refusal(client, "get_file_contents", path="README.md", **gadget)


async def test_lists_go_on_to_their_end_whatever_says_that_there_is_more(client: Client) -> None:
    pages = await walk(client, "list_repositories", user="Tools", type="all", per_page=1)
    assert [one["full_name"] for one in pages] == ["Tools/widget", "Tools/vault"]
    assert [one["name"] for one in await walk(client, "list_branches", limit=1, **WIDGET)] == ["better", "trunk"]
    assert len(await walk(client, "list_commits", ref="better", limit=1, **WIDGET)) == 2
    assert [one["number"] for one in await walk(client, "list_issues", limit=2, **WIDGET)] == [5, 4, 3, 2, 1]
    both = await call(client, "list_branches", limit=2, **WIDGET)
    assert "next_cursor" not in both


async def test_a_search_survives_what_is_gone_and_says_when_it_is_not_whole(
    server: PlainServer, client: Client
) -> None:
    found = await walk(client, "search_issues", query="issue", limit=3)
    assert [one["repository"] for one in found] == ["Tools/widget"] * 6 + ["Tools/vault"] * 6
    assert [one["is_pull_request"] for one in found] == ([False] * 5 + [True]) * 2
    assert server.count("GET /repos/Tools/gone") > 0
    code = await call(client, "search_code", query="print", limit=3)
    assert "before it had searched everything" in code["notice"]
    assert len(code["items"]) == 3
    assert "GitHub does not take that" in await refusal(client, "search_code", query="nobody")


async def test_the_one_job_that_failed_is_found_among_many(client: Client) -> None:
    checks = await call(client, "get_check_runs", ref="better", **WIDGET)
    assert (checks["failed"], checks["checks"][0]["name"], len(checks["checks"])) == (["job 110"], "job 110", 100)
    assert "Of 120 checks" in checks["notice"]
    (log,) = (await call(client, "get_job_logs", run_id=9, **WIDGET))["logs"]
    assert (log["name"], log["failed_steps"]) == ("job 110", [])
    assert plain(log["text"]) == "first\n##[error]last\n"


async def test_the_end_of_a_log_that_is_too_long_to_read_whole(client: Client) -> None:
    asked = {"job_id": ID + 7, "failed_only": False, "tail_lines": 2, **WIDGET}
    (log,) = (await call(client, "get_job_logs", **asked))["logs"]
    assert plain(log["text"]) == "one more line\n##[error]last\n"
    assert (log["first_line"], log["last_line"], log["total_lines"]) == (1_000_000, 1_000_001, 1_000_001)


async def test_a_token_that_is_nobodys_and_a_server_without_limits(server: PlainServer, client: Client) -> None:
    me = await call(client, "get_me")
    assert me == {"login": "", "kind": "App installation", "organizations": ["Tools"]}
    server.installed = False
    assert await call(client, "get_rate_limit") == {"limits": [], "notice": "This GitHub counts no requests."}


async def test_reading(client: Client) -> None:
    readme = await call(client, "get_file_contents", path="README.md", ref="better", **WIDGET)
    assert plain(readme["text"]) == "# Better\n"
    large = await call(client, "get_file_contents", path="large.txt", **WIDGET)
    assert (large["ref"], large["size"], large["total_lines"]) == ("trunk", 1_600_000, 100_000)
    assert plain((await call(client, "get_file_contents", path="empty", **WIDGET))["text"]) == ""
    assert len((await call(client, "get_file_contents", **WIDGET))["entries"]) == 4
    assert "GitHub has no nowhere in Tools/widget" in await refusal(
        client, "get_file_contents", path="nowhere", **WIDGET
    )
    assert len((await call(client, "get_repository_tree", **WIDGET))["items"]) == 4
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


async def test_what_is_no_file_or_no_longer_shown(client: Client) -> None:
    link = await call(client, "get_file_contents", path="link", **WIDGET)
    assert (link["type"], link["target"]) == ("other", "../outside")
    module = await call(client, "get_file_contents", path="module", **WIDGET)
    assert (module["type"], module["target"]) == ("other", "https://git.example/lib.git")
    words = await refusal(client, "get_file_contents", path="huge", **WIDGET)
    assert words.endswith(
        "it is too large. GitHub's words: This API returns blobs up to 100 MB in size; data is too_large."
    )
    assert "operator" not in words
    assert "does not understand" in await refusal(client, "get_file_contents", path="garbled", **WIDGET)
    crowd = await call(client, "get_file_contents", path="crowd", **WIDGET)
    assert "get_repository_tree" in crowd["notice"]


async def test_what_is_forbidden_says_why_and_which_rights_it_takes(client: Client) -> None:
    words = await refusal(client, "rerun_failed_jobs", run_id=10, **WIDGET)
    assert "GitHub's words: It runs already. If that is a matter of rights, only the operator" in words
    assert words.endswith("can change them: it takes actions=write.")


async def test_writing(server: PlainServer, client: Client) -> None:
    place = server.places["Tools/widget"]
    head = place.refs["better"]
    made = await call(client, "create_issue", title="New", **WIDGET)
    await call(client, "update_issue", issue_number=made["number"], state="closed", **WIDGET)
    assert (place.issues[-1]["title"], place.issues[-1]["state"]) == ("New", "closed")
    await call(client, "add_comment", issue_number=1, body="Hello", **WIDGET)
    assert place.comments[0][0]["body"].startswith("Hello")
    branch = await call(client, "create_branch", branch="new/one", **WIDGET)
    files: list[Any] = [
        {"path": "text", "content": "hi"}, {"path": "bytes", "content": "AAE=", "base64": True}, {"path": "empty"}
    ]  # fmt: skip
    asked = {"branch": "new/one", "message": "Add", "files": files, "expected_head": branch["sha"], **WIDGET}
    assert (await call(client, "commit_files", **asked))["sha"] == place.refs["new/one"]
    written = {path: place.blobs[sha] for path, sha in place.files("new/one").items()}
    assert (written["text"], written["bytes"], "empty" in written) == (b"hi", b"\x00\x01", False)
    pull = await call(client, "create_pull_request", title="P", head="new/one", base="trunk", **WIDGET)
    assert pull["head_sha"] == place.refs["new/one"]
    await call(client, "review_pull_request", pull_number=6, event="APPROVE", head_sha=head, **WIDGET)
    merge = {"pull_number": 6, "head_sha": head, "idempotency_key": key(), **WIDGET}
    shown = await refusal(client, "merge_pull_request", **merge)
    assert (await call(client, "confirm_action", token=token_in(shown)))["sha"] == head == place.refs["trunk"]
    assert (await call(client, "rerun_failed_jobs", run_id=9, **WIDGET))["attempt"] == place.attempt == 2
    assert (await call(client, "create_release", tag="v1", **WIDGET))["tag"] == "v1"
    assert (await call(client, "get_latest_release", **WIDGET))["tag"] == "v1"


LOST: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "issues": ("create_issue", {"title": "Lost"}, "POST", "/issues"),
    "comments": ("add_comment", {"issue_number": 1, "body": "Lost"}, "POST", "/comments"),
    "pulls": ("create_pull_request", {"title": "Lost", "head": "better", "base": "trunk"}, "POST", "/pulls"),
    "reviews": ("review_pull_request", {"pull_number": 6, "event": "COMMENT", "body": "Lost"}, "POST", "/reviews"),
    "branches": ("create_branch", {"branch": "new"}, "POST", "/git/refs"),
    "commits": ("commit_files", {"branch": "better", "message": "Lost"}, "PATCH", "/git/refs"),
    "releases": ("create_release", {"tag": "v9"}, "POST", "/releases"),
    "merges": ("merge_pull_request", {"pull_number": 6}, "PUT", "/merge"),
    "reruns": ("rerun_failed_jobs", {"run_id": 9}, "POST", "/rerun-failed-jobs"),
}


@pytest.mark.parametrize("kind", LOST)
async def test_a_write_whose_answer_never_came_takes_effect_once(
    server: PlainServer, client: Client, kind: str
) -> None:
    place = server.places["Tools/widget"]
    place.reviews[5] = [{"id": number, "body": None} for number in range(150)]
    place.comments[0] = [{"id": number, "body": None} for number in range(150)]
    head = place.refs["better"]
    more: dict[str, dict[str, Any]] = {
        "reviews": {"head_sha": head},
        "merges": {"head_sha": head},
        "commits": {"expected_head": head, "files": [{"path": "new", "content": "new"}]},
    }
    tool, arguments, method, path = LOST[kind]
    asked = {**arguments, **more.get(kind, {}), **WIDGET, "idempotency_key": key()}
    server.lose = (method, path)
    if kind == "merges":
        words = await refusal(client, "confirm_action", token=token_in(await refusal(client, tool, **asked)))
    else:
        words = await refusal(client, tool, **asked)
    assert "whether it took effect is unknown" in words
    again = await client.call_tool(tool, asked)
    said = again.content[-1].text
    assert ("Look at what is there now" if kind == "reruns" else "An earlier attempt had taken effect already") in said
    assert sum(f"{method} " in one and path in one for one in server.asked) == 1


async def test_an_edit_whose_answer_never_came_is_sent_again(server: PlainServer, client: Client) -> None:
    server.lose = ("PATCH", "/issues")
    await call(client, "update_issue", issue_number=1, state="closed", **WIDGET)
    assert server.count("PATCH") == 2


async def test_what_was_found_in_one_repository_asks_once_about_it(server: PlainServer, client: Client) -> None:
    place = server.places["Tools/widget"]
    for number in range(40):
        place.open(f"Another {number}", None)
    await call(client, "search_issues", query="issue", limit=40)
    assert server.count("GET /repos/Tools/widget") == 1

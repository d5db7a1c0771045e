"""Every reading tool, through the official client, against the simulated GitHub."""

from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call, refusal, text_of, walk

from .scene import BOOK, SITE, Hub, plain


async def test_account_and_rate_limits_of_the_server(reader: Client) -> None:
    assert await call(reader, "get_me") == {"login": "mona", "kind": "User", "organizations": ["acme"]}
    limits = (await call(reader, "get_rate_limit"))["limits"]
    assert {limit["resource"] for limit in limits} == {"core", "search", "code_search", "graphql"}
    assert all(0 < limit["remaining"] <= limit["limit"] for limit in limits)


async def test_repositories_of_an_owner_are_listed(reader: Client) -> None:
    found = await walk(reader, "list_repositories", owner="acme", type="all", limit=2)
    assert [(one["full_name"], one["private"]) for one in found] == [
        ("acme/handbook", False),
        ("acme/payments", True),
        ("acme/website", False),
    ]
    assert "description" not in found[1]  # written by people, in private
    only = await call(reader, "list_repositories", owner="acme", type="public", limit=50)
    assert [one["full_name"] for one in only["items"]] == ["acme/handbook", "acme/website"]
    assert "There is no user or organisation `unknown`" in await refusal(
        reader, "list_repositories", owner="unknown", type="all", limit=5
    )


async def test_own_private_repositories_are_listed(hub: Hub) -> None:
    world = hub.simulator.world
    for owner, name, private in (("mona", "notes", True), ("mona", "tools", False), ("hubot", "parts", True)):
        world.add_repository(world.accounts[owner], name, private=private, description="")

    async def listed(client: Client, user: str, kind: str) -> list[str]:
        found = await call(client, "list_repositories", owner=user, type=kind, limit=50)
        return [one["full_name"] for one in found["items"]]

    async with hub.client() as client:
        assert await listed(client, "Mona", "all") == ["mona/notes", "mona/tools"]
        assert await listed(client, "mona", "private") == ["mona/notes"]
        assert await listed(client, "mona", "public") == ["mona/tools"]
        assert await listed(client, "hubot", "all") == []
        assert await listed(client, "acme", "owner") == ["acme/handbook", "acme/payments", "acme/website"]
    async with hub.client(token=None) as client:
        assert await listed(client, "mona", "all") == ["mona/tools"]
        assert await listed(client, "mona", "private") == []


async def test_searches_find_repositories_code_and_issues(reader: Client) -> None:
    repositories = await call(reader, "search_repositories", query="orbits")
    assert [one["full_name"] for one in repositories["items"]] == ["globex/rockets"]
    code = await call(reader, "search_code", query="def tokens")
    assert [(one["repository"], one["path"]) for one in code["items"]] == [("acme/website", "site/search.py")]
    assert "def tokens" in plain(code["items"][0]["fragments"][0])
    issues = await call(reader, "search_issues", query="umlauts is:issue")
    assert [(one["repository"], one["number"]) for one in issues["items"]] == [("acme/website", 1)]
    words = await refusal(reader, "search_code", query="repo:unknown/nothing x")
    assert "There is no user or organisation `unknown`" in words


async def test_files_directories_and_binaries_are_read(reader: Client) -> None:
    readme = await call(reader, "get_file_contents", path="README.md", **SITE)
    assert plain(readme["text"]).startswith("# Website\n")
    assert (readme["type"], readme["ref"], readme["last_line"]) == ("file", "main", readme["total_lines"])
    root = await call(reader, "get_file_contents", **SITE)
    assert {(entry["path"], entry["type"]) for entry in root["entries"]} >= {("README.md", "file"), ("site", "dir")}
    logo = await call(reader, "get_file_contents", path="assets/logo.png", ref="v1.0.0", **SITE)
    assert (logo["type"], "text" in logo) == ("binary", False)
    contents = (await reader.read_resource(logo["whole"])).contents[0]
    assert contents.mime_type == "application/octet-stream"
    other = await call(reader, "get_file_contents", path="site/search.py", ref="feature/ranking", **SITE)
    assert "def rank" in other["text"]


async def test_path_with_non_ascii_letters(reader: Client) -> None:
    page = await call(reader, "get_file_contents", path="docs/größe und maß.md", **BOOK)
    assert plain(page["text"]).startswith("# Größe")


async def test_large_file_is_cut_and_whole_as_a_resource(reader: Client) -> None:
    result = await reader.call_tool("get_file_contents", {"path": "data/catalogue.csv", **BOOK})
    cut = result.structured_content
    assert cut is not None
    assert cut["notice"] == (
        f"[cut: lines 1 to {cut['last_line']} of {cut['total_lines']}; continue with from_line={cut['last_line'] + 1}, "
        "or read repo://acme/handbook/main/contents/data/catalogue.csv]"
    )
    assert len(text_of(result)) < 64 * 1024
    assert str(result.content[-1].uri) == cut["whole"]
    whole = (await reader.read_resource(cut["whole"])).contents[0].text
    lines = plain(whole).splitlines(keepends=True)
    assert len(lines) == cut["total_lines"]
    assert plain(cut["text"]) == "".join(lines[: cut["last_line"]])
    go_on = {"path": "data/catalogue.csv", "from_line": cut["last_line"] + 1, **BOOK}
    beyond = await call(reader, "get_file_contents", path="README.md", from_line=99, **SITE)
    assert beyond["notice"] == "[from_line is too large: the text has 9 lines]"
    following = await call(reader, "get_file_contents", **go_on)
    assert plain(following["text"]).splitlines(keepends=True)[0] == lines[cut["last_line"]]


async def test_tree_is_paged(reader: Client) -> None:
    everything = await walk(reader, "get_repository_tree", limit=3, **SITE)
    assert len({entry["path"] for entry in everything}) == len(everything) == 12
    below = await call(reader, "get_repository_tree", path="site", ref="feature/ranking", **SITE)
    assert [entry["path"] for entry in below["items"]] == ["site/__init__.py", "site/search.py"]
    assert "no directory" in await refusal(reader, "get_repository_tree", path="nowhere", **SITE)


async def test_commits_and_branches_are_read(reader: Client) -> None:
    commits = await walk(reader, "list_commits", limit=4, **SITE)
    assert plain(commits[0]["message"]) == "Keep the words short"
    assert len(commits) == 6
    touching = await call(reader, "list_commits", path="site/search.py", **SITE)
    assert [plain(one["message"]) for one in touching["items"]] == ["Add search over the pages"]
    commit = await call(reader, "get_commit", ref="feature/ranking", **SITE)
    assert (commit["additions"], commit["deletions"]) == (12, 3)
    assert plain(commit["files"][0]["patch"]).startswith("@@ ")
    long = await call(reader, "get_commit", ref=(await call(reader, "list_commits", **BOOK))["items"][1]["sha"], **BOOK)
    assert "[cut after line" in long["files"][0]["patch"]
    branches = await walk(reader, "list_branches", limit=2, **SITE)
    assert [branch["name"] for branch in branches] == ["feature/ranking", "fix/health", "main"]


async def test_issues_are_read(reader: Client) -> None:
    found = await walk(reader, "list_issues", limit=1, **SITE)
    assert [issue["number"] for issue in found] == [2, 1]  # pull requests are no issues here
    assert (await call(reader, "list_issues", creator="dependabot[bot]", **SITE))["items"] == []
    bugs = await call(reader, "list_issues", labels=["bug"], since="2020-01-01T00:00:00Z", **SITE)
    assert [issue["number"] for issue in bugs["items"]] == [1]
    issue = await call(reader, "get_issue", issue_number=2, **SITE)
    assert [plain(comment["body"]) for comment in issue["shown_comments"]] == ["I can take this one."]
    assert (issue["comment_count"], issue["is_pull_request"]) == (1, False)
    assert (await call(reader, "get_issue", issue_number=3, **SITE))["is_pull_request"]
    assert "no issue #999 in acme/website" in await refusal(reader, "get_issue", issue_number=999, **SITE)
    text = await refusal(reader, "get_job_logs", job_id=999_999_999, **SITE)
    assert text.endswith("get_check_runs shows the ids of runs and jobs.")


async def test_only_the_latest_of_many_comments_are_shown(hub: Hub) -> None:
    world = hub.simulator.world
    issue = world.repositories["acme/website"].issues[1]
    for number in range(230):
        world.add_comment(issue, world.accounts["hubot"], f"comment {number}")
    async with hub.client() as client:
        found = await call(client, "get_issue", issue_number=1, **SITE)
    shown = [plain(comment["body"]) for comment in found["shown_comments"]]
    assert shown == [f"comment {number}" for number in range(180, 230)]
    assert found["notice"] == "The latest 50 of 230 comments are shown."


async def test_pull_requests_and_diffs_are_read(reader: Client) -> None:
    found = await walk(reader, "list_pull_requests", limit=1, **SITE)
    assert [pull["number"] for pull in found] == [4, 3]
    pull = await call(reader, "get_pull_request", pull_number=3, **SITE)
    assert (pull["head"], pull["base"], pull["mergeable"], pull["commits"]) == ("feature/ranking", "main", True, 1)
    diff = await call(reader, "get_pull_request_diff", pull_number=3, **SITE)
    assert plain(diff["diff"]).startswith("diff --git a/site/search.py")
    rest = await call(reader, "get_pull_request_diff", pull_number=3, from_line=10, **SITE)
    assert rest["first_line"] == 10
    whole = (await reader.read_resource(rest["whole"])).contents[0].text
    assert whole == diff["diff"]


async def test_job_log_ends_at_the_failed_step(reader: Client, shared_hub: Hub) -> None:
    checks = await call(reader, "get_check_runs", ref="feature/ranking", **SITE)
    assert checks["failed"] == ["test"]
    run = shared_hub.simulator.world.repositories["acme/website"].runs[0]
    logs = await call(reader, "get_job_logs", run_id=run.id, tail_lines=4, **SITE)
    (log,) = logs["logs"]
    assert log["failed_steps"] == ["Run make test"]
    lines = plain(log["text"]).splitlines()
    assert lines[-1] == "##[error]Process completed with exit code 1."
    assert "AssertionError" in lines[1]
    assert (len(lines), log["last_line"]) == (4, 3013)
    assert log["notice"].startswith("[cut: lines 3010 to 3013 of 3015;")
    whole = (await reader.read_resource(log["whole"])).contents[0].text
    assert plain(whole).count("\n") == 3015
    both = await call(reader, "get_job_logs", run_id=run.id, failed_only=False, **SITE)
    assert [one["name"] for one in both["logs"]] == ["test", "lint"]
    assert "not several" in await refusal(reader, "get_job_logs", **SITE)
    good = shared_hub.simulator.world.repositories["acme/website"].runs[1]
    nothing = await call(reader, "get_job_logs", run_id=good.id, **SITE)
    assert (nothing["logs"], "None of the 2 jobs" in nothing["notice"]) == ([], True)


async def test_log_host_gets_no_credentials(hub: Hub) -> None:
    run = hub.simulator.world.repositories["acme/website"].runs[0]
    async with hub.client() as client:
        await call(client, "get_job_logs", job_id=run.jobs[1].id, **SITE)
    fetched = [
        headers
        for (_, path), headers in zip(
            hub.simulator.request_log.requests, hub.simulator.request_log.headers, strict=True
        )
        if path.startswith("/_logs")
    ]
    assert len(fetched) == 1
    assert fetched[0]["host"].startswith("localhost:")
    assert "authorization" not in fetched[0]


async def test_latest_release_is_read(reader: Client) -> None:
    release = await call(reader, "get_latest_release", **SITE)
    assert (release["tag"], plain(release["name"])) == ("v1.0.0", "First release")
    assert "no published release in acme/handbook" in await refusal(reader, "get_latest_release", **BOOK)


HOSTILE: list[dict[str, Any]] = [
    {"owner": ".."},
    {"owner": "%2e%2e"},
    {"owner": "-x"},
    {"owner": "a" * 300},
    {"owner": "acme/other"},
    {"owner": "ac\0me"},
    {"repo": "a/b"},
    {"repo": ".."},
    {"repo": "."},
    {"repo": "-x"},
    {"repo": "a%2fb"},
    {"repo": "a" * 300},
    {"path": "../../user"},
    {"path": "a/../../b"},
    {"path": "//etc/passwd"},
    {"path": "%2e%2e/%2E%2E/user"},
    {"path": "a%2Fb"},
    {"path": "a\\b"},
    {"path": "a\0b"},
    {"path": "a//b"},
    {"path": "a" * 300},
    {"ref": "-x"},
    {"ref": "a..b"},
    {"ref": "../main"},
    {"ref": "main\0"},
    {"ref": "a b"},
    {"ref": "%2e%2e"},
    {"ref": "@{1}"},
    {"ref": "a" * 300},
]


@pytest.mark.parametrize("bad", HOSTILE, ids=lambda bad: repr(bad)[:40])
async def test_invalid_names_never_reach_github(reader: Client, shared_hub: Hub, bad: dict[str, Any]) -> None:
    before = shared_hub.requests()
    words = await refusal(reader, "get_file_contents", **{**SITE, **bad})
    assert words.startswith("Invalid arguments.")
    assert next(iter(bad)) in words
    assert all(str(value) not in words for value in bad.values() if len(str(value)) > 4)
    assert shared_hub.requests() == before


@pytest.mark.parametrize(
    "uri",
    [
        "repo://../website/main/contents/README.md",
        "repo://acme/website/main/contents/../../user",
        "repo://acme/website/-x/contents/README.md",
        "repo://acme/website/main/contents/%2e%2e/x",
        "pr://acme/website/0/diff",
        "pr://acme/%2e%2e/1/diff",
        "run://acme/website/x/log",
    ],
)
async def test_invalid_resource_uris_never_reach_github(reader: Client, shared_hub: Hub, uri: str) -> None:
    from mcp import MCPError

    before = shared_hub.requests()
    with pytest.raises(MCPError):
        await reader.read_resource(uri)
    assert shared_hub.requests() == before


async def test_prompts_and_completions(reader: Client) -> None:
    from mcp_types import ResourceTemplateReference

    prompt = await reader.get_prompt("code_review", {"number": "3", **SITE})
    assert "get_pull_request_diff" in prompt.messages[0].content.text
    reference = ResourceTemplateReference(uri="repo://{owner}/{repo}/{ref}/contents/{+path}")

    async def complete(name: str, value: str, **chosen: str) -> list[str]:
        argument = {"name": name, "value": value}
        values: list[str] = (await reader.complete(reference, argument, chosen)).completion.values
        return values

    assert await complete("owner", "a") == ["acme"]
    assert await complete("repo", "w", owner="acme") == ["website"]
    assert await complete("ref", "f", **SITE) == ["feature/ranking", "fix/health"]
    assert await complete("repo", "w", owner="..") == []
    assert await complete("repo", "w") == []

"""Comparing refs, and blame."""

import json
from typing import Any

import pytest

from devkit.simulators.github.git_store import FILE_MODE, GitStore
from tests.fixtures.calls import call, refusal

from .scene import PAYMENTS, SITE, Hub, new_caller, plain

AUTHOR = "Mona <mona@example.com>"


def commit(hub: Hub, git: GitStore, branch: str, files: dict[str, str], parent: str | None, message: str = "M") -> str:
    base = git.commit(parent).tree.decode() if parent else None
    tree = git.add_tree({path: (FILE_MODE, git.add_blob(text.encode())) for path, text in files.items()}, base)
    sha = git.add_commit(tree, [parent] if parent else [], message, AUTHOR, hub.simulator.world.now())
    git.set_ref(f"refs/heads/{branch}", sha)
    return sha


def limited(*names: str) -> Any:
    return new_caller(grants={"repositories": list(names)})


async def fork(hub: Hub, name: str = "website") -> GitStore:
    """mona's fork of acme/website."""
    hub.simulator.world.copying_reads = 0
    async with hub.client() as client:
        await call(client, "fork_repository", to_repo=name, **SITE)
    made: GitStore = hub.simulator.world.repositories[f"mona/{name}"].git
    return made


async def test_branch_is_compared_with_the_default_branch(shared_hub: Hub) -> None:
    async with shared_hub.client() as client:
        found = await call(client, "compare_refs", base="main", head="ACME/Website:feature/ranking", **SITE)
        assert (found["status"], found["ahead_by"], found["behind_by"]) == ("ahead", 1, 0)
        assert [plain(one["message"]) for one in found["commits"]] == ["Rank what is found"]
        assert [one["path"] for one in found["files"]] == ["site/search.py"]
        assert "@@" in found["files"][0]["patch"]
        assert "notice" not in found
        back = await call(client, "compare_refs", base="feature/ranking", head="v1.0.0", **SITE)
        assert (back["status"], back["behind_by"], back["commits"]) == ("behind", 2, [])
        both = await call(client, "compare_refs", base="fix/health", head="feature/ranking", **SITE)
        assert both["status"] == "diverged"
        same = await call(client, "compare_refs", base="main", head="HEAD", **SITE)
        assert same["status"] == "identical"


async def test_comparison_can_be_limited_to_a_path(shared_hub: Hub) -> None:
    async with shared_hub.client() as client:
        asked = {"base": "v1.0.0", "head": "feature/ranking", **SITE}
        found = await call(client, "compare_refs", path="site", **asked)
        assert [one["path"] for one in found["files"]] == ["site/search.py"]
        same = await call(client, "compare_refs", path="docs", **asked)
        assert (same["files"], same["notice"]) == ([], "docs is in none of the listed changes.")
        words = await refusal(client, "compare_refs", path="sight", **asked)
        assert "(path)" in words


@pytest.mark.parametrize("argument", ["base", "head"])
async def test_wrong_side_of_a_comparison_is_named(shared_hub: Hub, argument: str) -> None:
    asked = {"base": "main", "head": "main", argument: "feature/rankin"}
    async with shared_hub.client() as client:
        words = await refusal(client, "compare_refs", **asked, **SITE)
    assert f"({argument})" in words
    assert "feature/ranking" in words
    assert "The default branch is main" in words


async def test_refs_without_common_history_cannot_be_compared(hub: Hub) -> None:
    commit(hub, hub.simulator.world.repositories["acme/website"].git, "orphan", {"x": "y"}, None)
    async with hub.client() as client:
        words = await refusal(client, "compare_refs", base="main", head="orphan", **SITE)
    assert "main and orphan have no common history" in words


async def test_commits_and_files_beyond_githubs_limits_are_announced(hub: Hub) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    sha = git.branches()["main"]
    for number in range(205):
        sha = commit(hub, git, "long", {f"many/{number}.txt": "x\n", f"more/{number}.txt": "y\n"}, sha, f"No. {number}")
    async with hub.client() as client:
        asked = {"base": "main", "head": "long", **SITE}
        seen: list[str] = []
        for page in (1, 2, 3):
            found = await call(client, "compare_refs", page=page, **asked)
            assert found["ahead_by"] == 205
            seen += [plain(one["message"]) for one in found["commits"]]
            if page == 1:
                assert len(found["files"]) == 300
                assert "Continue with page=2" in found["notice"]
                assert "GitHub lists only 300 changed files" in found["notice"]
            else:
                assert found["files"] == []
                assert "The changed files are on page 1" in found["notice"]
        assert seen == [f"No. {number}" for number in range(205)]
        assert "page is too large" in (await call(client, "compare_refs", page=4, **asked))["notice"]


@pytest.mark.parametrize("head", ["mona:fix/status", "mona/website:fix/status"])
async def test_fork_is_compared_within_both_grants(hub: Hub, head: str) -> None:
    git = await fork(hub)
    commit(hub, git, "fix/status", {"fix.txt": "x\n"}, git.branches()["main"], "In the fork")
    asked = {"base": "main", "head": head, **SITE}
    async with hub.client(limited("acme/website", "mona/*")) as client:
        found = await call(client, "compare_refs", **asked)
        assert [plain(one["message"]) for one in found["commits"]] == ["In the fork"]
        assert "(head)" in await refusal(client, "compare_refs", **{**asked, "head": "mona:fix/stats"})
    async with hub.client(limited("acme/website")) as client:
        assert "Your access is limited" in await refusal(client, "compare_refs", **asked)


async def test_private_side_counts_as_reading(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "compare_refs", base="main", head="main", **PAYMENTS)
        result = await client.call_tool("add_comment", {"issue_number": 1, "body": "B", **SITE})
    assert "acme/payments" in str(result.structured_content)


async def test_pull_request_from_a_fork_is_opened_once(hub: Hub) -> None:
    git = await fork(hub, "mysite")
    commit(hub, git, "mend", {"fix.txt": "x\n"}, git.branches()["main"], "In the fork")
    asked = {"title": "Fix", "base": "main", **SITE}
    async with hub.client() as client:
        made = await call(client, "create_pull_request", head="mona:mend", maintainer_can_modify=False, **asked)
        pull = await call(client, "get_pull_request", pull_number=made["number"], **SITE)
        assert (pull["head"], pull["head_repository"], pull["changed_files"]) == ("mend", "mona/mysite", 1)
        words = await refusal(client, "create_pull_request", head="mona/mysite:mend", **asked)
        assert f"Pull request #{made['number']}" in words
        assert "Nearest: mend" in await refusal(client, "create_pull_request", head="mona:mendd", **asked)
        listed = await call(client, "list_pull_requests", head="mona:mend", **SITE)
        assert [one["number"] for one in listed["items"]] == [made["number"]]
    record = hub.simulator.world.repositories["acme/website"].issues[made["number"]].pull
    assert record is not None
    assert record.maintainer_can_modify is False


async def test_pull_request_from_a_fork_of_the_same_owner(hub: Hub) -> None:
    hub.simulator.world.copying_reads = 0
    async with hub.client() as client:
        await call(client, "fork_repository", to_owner="acme", to_repo="site2", **SITE)
        git = hub.simulator.world.repositories["acme/site2"].git
        sha = commit(hub, git, "mend", {"fix.txt": "x\n"}, git.branches()["main"])
        asked = {"title": "Fix", "base": "main", "head": "acme/site2:mend", **SITE}
        assert (await call(client, "create_pull_request", **asked))["head_sha"] == sha


@pytest.mark.parametrize(
    ("grants", "head", "words"),
    [
        (("acme/website",), "mona:mend", "Your access is limited"),
        (("acme/website",), "mona/website:mend", "Your access is limited"),
        (("acme/website", "globex/*"), "globex/rockets:main", "globex/rockets is no fork of acme/website (head)"),
        (("*/*",), "hubot:mend", "hubot has no fork of acme/website (head)"),
        (("*/*",), "a b:mend", "owner:branch"),
    ],
)
async def test_head_that_cannot_be_used_is_refused(hub: Hub, grants: tuple[str, ...], head: str, words: str) -> None:
    git = await fork(hub)
    commit(hub, git, "mend", {"fix.txt": "x\n"}, git.branches()["main"])
    posts = hub.requests("POST", "*/pulls")
    async with hub.client(limited(*grants)) as client:
        said = await refusal(client, "create_pull_request", title="T", base="main", head=head, **SITE)
    assert words in said
    assert hub.requests("POST", "*/pulls") == posts


async def test_push_by_maintainers_that_cannot_be_granted(hub: Hub) -> None:
    world = hub.simulator.world
    git = await fork(hub, "mysite")
    commit(hub, git, "mend", {"fix.txt": "x\n"}, git.branches()["main"])
    world.repositories["mona/mysite"].owner = world.accounts["drifter"]
    world.repositories["drifter/mysite"] = world.repositories.pop("mona/mysite")
    asked = {"title": "Fix", "base": "main", "head": "drifter/mysite:mend", **SITE}
    async with hub.client() as client:
        words = await refusal(client, "create_pull_request", **asked)
        assert "Call again with maintainer_can_modify=false" in words
        assert (await call(client, "create_pull_request", maintainer_can_modify=False, **asked))["number"]


async def test_commits_are_found_by_their_message(shared_hub: Hub) -> None:
    async with shared_hub.client() as client:
        found = (await call(client, "search_commits", query="search repo:acme/website author:mona"))["items"]
        assert [plain(one["message"]) for one in found] == ["Add search over the pages"]
        assert found[0]["repository"] == "acme/website"
        assert (await call(client, "search_commits", query="settlement"))["items"] == []
        assert "no user or organisation `unknown`" in await refusal(client, "search_commits", query="x repo:unknown/no")


async def test_blame_names_the_commit_of_each_line(hub: Hub) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    first = commit(hub, git, "main", {"notes/a.txt": "one\ntwo\nthree\n"}, git.branches()["main"], "Begin notes")
    second = commit(hub, git, "main", {"notes/a.txt": "one\nTWO\nthree\nfour\n"}, first, "Say two\n\nLouder.")
    async with hub.client() as client:
        found = await call(client, "get_blame", path="notes/a.txt", **SITE)
        assert found["ref"] == "main"
        assert [(one["first_line"], one["last_line"], one["commit"]) for one in found["lines"]] == [
            (1, 1, 1),
            (2, 2, 2),
            (3, 3, 1),
            (4, 4, 2),
        ]
        assert [one["sha"] for one in found["commits"]] == [first, second]
        assert (found["commits"][1]["author"], plain(found["commits"][1]["subject"])) == ("mona", "Say two")
        part = await call(client, "get_blame", path="notes/a.txt", from_line=2, to_line=3, **SITE)
        assert [(one["first_line"], one["last_line"]) for one in part["lines"]] == [(2, 2), (3, 3)]
        early = await call(client, "get_blame", path="notes/a.txt", ref=first, **SITE)
        assert [(one["first_line"], one["last_line"]) for one in early["lines"]] == [(1, 3)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"path": "READM.md"}, "(path). Nearest: README.md"),
        ({"path": "README.md", "ref": "mian"}, "(ref). Nearest: main"),
        ({"path": "site"}, "it is empty, a directory or a binary file"),
        ({"path": "site/__init__.py"}, "it is empty, a directory or a binary file"),
        ({"path": "README.md", "from_line": 900}, "Give a from_line up to that"),
        ({"path": "README.md", "from_line": 5, "to_line": 2}, "to_line 2 is before from_line 5"),
    ],
)
async def test_lines_that_do_not_exist_are_refused(shared_hub: Hub, arguments: dict[str, Any], words: str) -> None:
    async with shared_hub.client() as client:
        assert words in await refusal(client, "get_blame", **arguments, **SITE)


async def test_long_blame_continues_at_a_line(hub: Hub) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    text = [f"line {number}\n" for number in range(800)]
    first = commit(hub, git, "main", {"a.txt": "".join(text)}, git.branches()["main"])
    text[::2] = [line.upper() for line in text[::2]]
    commit(hub, git, "main", {"a.txt": "".join(text)}, first)
    async with hub.client() as client:
        seen, start = [], 1
        while True:
            found = await call(client, "get_blame", path="a.txt", from_line=start, **SITE)
            seen += [one["first_line"] for one in found["lines"]]
            if "notice" not in found:
                break
            start = found["lines"][-1]["last_line"] + 1
            assert f"from_line={start}" in found["notice"]
    assert seen == list(range(1, 801))


async def test_comparison_of_a_server_without_counts(hub: Hub) -> None:
    body = '{"commits": null, "total_commits": 0, "files": null}'
    hub.misbehave("answer", path="*/compare/*", status=200, body=body, times=1)
    async with hub.client() as client:
        found = await call(client, "compare_refs", base="main", head="fix/health", **SITE)
    assert (found["commits"], found["files"], "ahead_by" in found) == ([], [], False)


async def test_blame_that_github_hides_is_not_called_empty(hub: Hub) -> None:
    """A token may read a repository over REST and not over GraphQL."""
    error = {"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository"}
    body = json.dumps({"data": {"repository": None}, "errors": [error]})
    hub.misbehave("answer", path="/graphql", status=200, body=body, headers={"content-type": "application/json"})
    async with hub.client() as client:
        words = await refusal(client, "get_blame", path="README.md", **SITE)
    assert "GitHub has no blame of README.md in acme/website at main, or this server may not see it" in words


async def test_blame_of_a_server_without_graphql_is_said(hub: Hub) -> None:
    hub.misbehave("answer", method="POST", path="*/graphql", status=404, body="{}", times=5)
    async with hub.client() as client:
        words = await refusal(client, "get_blame", path="README.md", **SITE)
    assert "does not offer" in words

"""Refs: names with special characters, wrong ones, and repositories without any."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.workflows import Status
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub

NAMES = ["fix/status", "x/comments", "a/check-runs", "status", "50%-off", "issue#12", "größe/ü", "HEAD-1"]
NEW = {"owner": "acme", "repo": "fresh"}
READS: list[tuple[str, dict[str, Any]]] = [
    ("get_file_contents", {"path": "README.md"}),
    ("get_file_contents", {}),
    ("get_repository_tree", {}),
    ("list_commits", {}),
    ("get_commit", {"ref": "main"}),
    ("get_check_runs", {"ref": "main"}),
    ("create_branch", {"branch": "b"}),
    ("create_branch", {"branch": "b", "from_ref": "develop"}),
    ("create_pull_request", {"title": "T", "head": "a", "base": "main"}),
    ("list_pull_requests", {"base": "main"}),
]


@pytest.mark.parametrize("name", NAMES)
async def test_ref_with_special_characters_is_that_ref(hub: Hub, name: str) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    git = site.git
    main = git.commit(git.branches()["main"])
    tree = git.add_tree({"only.txt": (FILE_MODE, git.add_blob(name.encode()))}, main.tree.decode())
    sha = git.add_commit(tree, [main.id.decode()], f"On {name}", "A <a@example.com>", hub.simulator.world.now())
    git.set_ref(f"refs/heads/{name}", sha)
    site.statuses.append(Status(1, sha, "only this one", "failure", "", None, hub.simulator.world.now()))
    async with hub.client() as client:
        assert (await call(client, "get_commit", ref=name, **SITE))["sha"] == sha
        assert (await call(client, "list_commits", ref=name, limit=1, **SITE))["items"][0]["sha"] == sha
        assert name in (await call(client, "get_file_contents", path="only.txt", ref=name, **SITE))["text"]
        listed = (await call(client, "get_repository_tree", ref=name, **SITE))["items"]
        assert "only.txt" in {entry["path"] for entry in listed}
        assert "only this one" in str(await call(client, "get_check_runs", ref=name, **SITE))
        made = await call(client, "create_branch", branch="copy", from_ref=name, **SITE)
        assert made == {"branch": "copy", "sha": sha}


async def test_prefix_of_a_branch_name_is_left_out(writer: Client) -> None:
    made = await call(writer, "create_branch", branch="refs/heads/new", from_ref="refs/heads/main", **SITE)
    assert made["branch"] == "new"


@pytest.mark.parametrize("ref", ["HEAD~1", "main^", "v1.0.0~3", "HEAD^^", "main@{1}"])
async def test_relative_ref_is_refused_with_the_way_to_a_sha(reader: Client, ref: str) -> None:
    for tool in ("get_commit", "list_commits", "get_file_contents"):
        words = await refusal(reader, tool, ref=ref, **SITE)
        assert "relative refs such as HEAD~1" in words, tool
        assert "list_commits" in words


@pytest.mark.parametrize(
    ("tool", "argument", "more"),
    [
        ("get_commit", "ref", {}),
        ("list_commits", "ref", {}),
        ("get_file_contents", "ref", {"path": "README.md"}),
        ("get_repository_tree", "ref", {}),
        ("get_check_runs", "ref", {}),
        ("create_branch", "from_ref", {"branch": "b"}),
        ("create_pull_request", "head", {"title": "T", "base": "main"}),
        ("create_pull_request", "base", {"title": "T", "head": "fix/health"}),
        ("list_pull_requests", "base", {}),
        ("create_release", "target", {"tag": "v9"}),
        (
            "commit_files",
            "branch",
            {"message": "M", "files": [{"path": "x", "content": "y"}], "expected_head": "0" * 40},
        ),
    ],
)
async def test_wrong_ref_names_argument_and_default_branch(
    writer: Client, tool: str, argument: str, more: dict[str, Any]
) -> None:
    words = await refusal(writer, tool, **{argument: "feature/rankin"}, **more, **SITE)
    assert f"({argument})" in words
    assert "feature/ranking" in words
    assert "The default branch is main" in words


async def test_wrong_path_is_not_called_a_wrong_ref(reader: Client) -> None:
    words = await refusal(reader, "get_file_contents", path="READM.md", ref="fix/health", **SITE)
    assert "(path)" in words
    assert "README.md" in words
    assert "(ref)" not in words


async def test_nearest_branch_is_found_among_many(hub: Hub) -> None:
    git = hub.simulator.world.repositories["acme/website"].git
    for number in range(150):
        git.set_ref(f"refs/heads/a/{number:03}", git.branches()["main"])
    async with hub.client() as client:
        words = await refusal(client, "get_commit", ref="feature/rankin", **SITE)
    assert "Nearest: feature/ranking" in words


@pytest.mark.parametrize(("tool", "arguments"), READS)
async def test_empty_repository_says_how_to_begin(hub: Hub, tool: str, arguments: dict[str, Any]) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["acme"], "fresh", private=False, description="")
    async with hub.client() as client:
        words = await refusal(client, tool, **arguments, **NEW)
    assert "acme/fresh is empty: it has no commit yet" in words
    assert "commit_files on branch main, without expected_head" in words


async def test_lists_of_an_empty_repository_are_empty(hub: Hub) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["acme"], "fresh", private=False, description="")
    async with hub.client() as client:
        assert (await call(client, "list_pull_requests", **NEW))["items"] == []
        branches = await call(client, "list_branches", **NEW)
        assert branches["items"] == []
        assert "commit_files" in branches["notice"]

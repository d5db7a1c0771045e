"""Refusals, notices and results name what the next call needs."""

from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call, refusal

from .scene import BOOK, SITE, Hub
from .website import Site

EMPTY = {"owner": "acme", "repo": "fresh"}


@pytest.fixture
def empty(hub: Hub) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["acme"], "fresh", private=False, description=None)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        (
            "get_pull_request_diff",
            {"pull_number": 99},
            "GitHub has no pull request #99 in acme/website, or this server may not see it. list_pull_requests finds",
        ),
        ("review_pull_request", {"pull_number": 3, "event": "APPROVE"}, "head_sha: is required. It must be the full"),
        (
            "review_pull_request",
            {"pull_number": 3, "event": "APPROVE", "head_sha": "48f0451"},
            "8edf11d. get_pull_request finds it.",
        ),
        ("delete_branch", {"branch": "fix/health", "head_sha": "48f0451"}, "8edf11d. list_branches finds it."),
        ("create_branch", {"branch": "my fix"}, "branch: must be a name that Git allows, without spaces"),
        ("get_commit", {"ref": "origin/feature/ranking"}, "`origin/feature/ranking` (ref). Nearest: feature/ranking"),
        (
            "get_file_contents",
            {"path": "REDME.md", "ref": "v1.0.0"},
            "Nearest: README.md. The ref is v1.0.0; get_repository_tree lists its paths.",
        ),
    ],
)
async def test_a_refusal_names_the_right_tool(reader: Client, tool: str, arguments: dict[str, Any], words: str) -> None:
    assert words in await refusal(reader, tool, **arguments, **SITE)


async def test_a_new_name_is_not_looked_up(reader: Client) -> None:
    words = await refusal(reader, "create_repository", owner="acme")
    assert "such as hello-world." in words
    assert "finds it" not in words


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("compare_refs", {"base": "main", "head": "topic"}),
        ("generate_release_notes", {}),
        ("create_release", {"tag": "v1", "idempotency_key": "12345678"}),
    ],
)
async def test_an_empty_repository_says_how_to_begin(writer: Client, tool: str, arguments: dict[str, Any]) -> None:
    assert "Make the first one with commit_files" in await refusal(writer, tool, **arguments, **EMPTY)


async def test_a_submodule_names_its_commit(shared_hub: Hub, reader: Client) -> None:
    found = await call(reader, "get_file_contents", path="vendor/rockets", ref="shapes", **BOOK)
    git = shared_hub.simulator.world.repositories["acme/handbook"].git
    assert found["sha"] == git.branches()["main"]
    assert "at the commit in `sha`" in found["notice"]


async def test_a_patch_ends_with_the_line_break_of_its_file(site: Site) -> None:
    site.put("run.bat", b"@echo off\r\nrem one\r\n")
    await site.commit({"path": "run.bat", "edits": [{"old": "one", "new": "two"}]})
    (changed,) = (await site.newest())["files"]
    assert "U+000D" not in changed["patch"]
    assert "-rem one\r\n+rem two\r\n" in changed["patch"]


async def test_notes_without_a_pull_request_say_so(reader: Client) -> None:
    found = await call(reader, "generate_release_notes", **SITE)
    assert "They name no merged pull request. list_commits" in found["notice"]


async def test_statuses_without_checks_are_seeded(reader: Client) -> None:
    found = await call(reader, "get_check_runs", ref="shapes", **BOOK)
    assert [(one["name"], one["conclusion"]) for one in found["checks"]] == [
        ("ci/build", "failure"),
        ("docs/preview", "success"),
    ]
    assert found["failed"] == ["ci/build"]


async def test_number_of_an_issue_is_no_pull_request(reader: Client) -> None:
    words = await refusal(reader, "get_pull_request", pull_number=1, **SITE)
    assert "is an issue, not a pull request. Read it with get_issue." in words
    assert "GitHub has no pull request #99" in await refusal(reader, "get_pull_request", pull_number=99, **SITE)


async def test_unknown_owner_of_a_head_is_named(reader: Client) -> None:
    words = await refusal(reader, "list_pull_requests", head="monaa:main", **SITE)
    assert "There is no user `monaa`" in words
    assert (await call(reader, "list_pull_requests", head="mona:main", **SITE))["items"] == []

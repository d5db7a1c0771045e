"""Changing pull requests, updating their branches, and listing what they change."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, confirmed, refusal, walk

from .scene import SITE, Hub, key, new_caller
from .test_reviews import AT, NOW

WHO = "Hu Bot <hubot@users.noreply.example.com>"


@pytest.fixture
def site(hub: Hub) -> Repository:
    return hub.simulator.world.repositories["acme/website"]


def add_pull(hub: Hub, site: Repository, files: int, lines: int = 1) -> int:
    """Open a pull request of so many files; returns its number."""
    git, base = site.git, site.git.branches()["main"]
    blob = git.add_blob(b"text\n" * lines)
    changes = {f"many/{number // 100}/{number:04}.txt": (FILE_MODE, blob) for number in range(files)}
    tree = git.add_tree(changes, git.commit(base).tree.decode())
    head = git.add_commit(tree, [base], "Add many", WHO, NOW)
    git.set_ref("refs/heads/many", head)
    hubot = hub.simulator.world.accounts["hubot"]
    return hub.simulator.world.add_issue(site, hubot, "Many", None, pull=Pull("many", "main", head, base)).number


async def test_every_field_of_a_pull_request_changes(site: Repository, writer: Client) -> None:
    issue = site.issues[3]
    issue.body = "Pages that hold a word\r\nmore often come first.\r\n\r\n<!-- fleet-write:0123456789abcdef01234567 -->"
    edits = [{"old": "more often", "new": "at the start"}]
    made = await call(writer, "update_pull_request", title="Ranked", edits=edits, draft=True, **AT)
    assert (made["number"], made["draft"], made["state"]) == (3, True, "open")
    assert issue.title == "Ranked"
    assert issue.body.startswith("Pages that hold a word\r\nat the start come first.\r\n\r\n<!-- fleet-write:")
    assert (await call(writer, "update_pull_request", draft=False, **AT))["draft"] is False
    site.git.set_ref("refs/heads/next", site.git.branches()["main"])
    await call(writer, "update_pull_request", base="next", state="Closed", **AT)
    assert issue.pull is not None
    assert (issue.pull.base_ref, issue.state) == ("next", "closed")
    await call(writer, "update_pull_request", state="open", clear=["body"], **AT)
    assert (issue.state, issue.body.startswith("\r\n\r\n<!-- fleet-write:")) == ("open", True)


async def test_a_draft_state_that_is_so_already_is_not_sent(hub: Hub, writer: Client) -> None:
    assert (await call(writer, "update_pull_request", draft=False, **AT))["draft"] is False
    assert hub.requests("PATCH") == hub.requests("POST", "*/graphql") == 0


async def test_a_draft_state_that_fails_leaves_the_rest_changed(hub: Hub, site: Repository, writer: Client) -> None:
    hub.misbehave("error", path="*/graphql", status=403, times=9)
    made = await call(writer, "update_pull_request", title="Ranked", draft=True, **AT)
    (missing,) = made["missing"]
    assert missing["part"] == "turning it into a draft"
    assert missing["reason"].endswith("The other changes were made.")
    assert (site.issues[3].title, made["draft"]) == ("Ranked", False)
    assert "forbids this for turning it into a draft" in await refusal(writer, "update_pull_request", draft=True, **AT)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Nothing to change"),
        ({"body": "B", "clear": ["body"]}, "Give one of `edits`"),
        ({"base": "mian"}, "There is no branch `mian` (base). Nearest: main"),
        ({"edits": [{"old": "nowhere", "new": "x"}]}, "`old` does not occur"),
        ({"state": "merged"}, "state"),
    ],
)
async def test_wrong_changes_are_refused(hub: Hub, writer: Client, change: dict[str, Any], words: str) -> None:
    assert words in await refusal(writer, "update_pull_request", **change, **AT)
    assert hub.requests("PATCH") == (1 if "base" in change else 0)


async def test_a_branch_that_is_behind_is_updated(site: Repository, writer: Client) -> None:
    head = site.git.branches()["feature/ranking"]
    at = {"head_sha": head, **AT}
    assert "no new commits on the base branch" in await refusal(writer, "update_pull_request_branch", **at)
    fixed = site.git.branches()["fix/health"]
    await confirmed(writer, "merge_pull_request", pull_number=4, head_sha=fixed, idempotency_key=key(), **SITE)
    wrong = await refusal(writer, "update_pull_request_branch", **{**at, "head_sha": "0" * 40})
    assert f"its head is now {head}" in wrong
    made = await call(writer, "update_pull_request_branch", idempotency_key=key(), **at)
    assert made["former_head_sha"] == head
    assert "get_pull_request shows the new head_sha" in made["notice"]
    merged = (await call(writer, "get_pull_request", **AT))["head_sha"]
    assert site.git.commit(merged).parents[0].decode() == head


async def test_an_update_with_a_lost_response_is_found(hub: Hub, site: Repository) -> None:
    ann = new_caller()
    site.git.set_ref("refs/heads/main", site.git.branches()["fix/health"])
    asked = {"head_sha": site.git.branches()["feature/ranking"], "idempotency_key": key(), **AT}
    hub.misbehave("truncated", method="PUT", path="*/update-branch")
    async with hub.client(ann) as client:
        assert "unknown" in await refusal(client, "update_pull_request_branch", **asked)
        found = await client.call_tool("update_pull_request_branch", asked)
    assert "An earlier attempt had taken effect already" in found.content[-1].text
    assert found.structured_content["head_sha"] == site.git.branches()["feature/ranking"]
    assert hub.requests("PUT") == 1


async def test_a_diff_that_is_too_large_leads_to_its_files(hub: Hub, site: Repository, writer: Client) -> None:
    number = add_pull(hub, site, 301)
    words = await refusal(writer, "get_pull_request_diff", pull_number=number, **SITE)
    assert "exceeded the maximum number of files (300)" in words
    assert words.endswith("list_changed_files (toolset reviews) shows its files with their patches.")
    whole = await walk(writer, "list_changed_files", pull_number=number, limit=50, **SITE)
    assert [one["path"] for one in whole] == sorted({one["path"] for one in whole})
    assert (len(whole), whole[300]["path"]) == (301, "many/3/0300.txt")
    assert "+text" in whole[300]["patch"]


async def test_files_beyond_githubs_limit_are_counted(hub: Hub, site: Repository, writer: Client) -> None:
    number = add_pull(hub, site, 3010)
    at = {"pull_number": number, **SITE}
    seen, page = 0, {"next_cursor": None}
    while "next_cursor" in page:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = await call(writer, "list_changed_files", limit=50, **cursor, **at)
        seen += len(page["items"])
    assert seen == 3000
    assert page["notice"].startswith("Cut: GitHub lists only 3000 of the 3010 files")
    some = await call(writer, "list_changed_files", path="many/7", limit=50, **at)
    assert len(some["items"]) == 50
    assert len(await walk(writer, "list_changed_files", path="many/7", limit=50, **at)) == 100
    words = await refusal(writer, "list_changed_files", path="many/9/0999.txt", **at)
    assert "GitHub lists only 3000 of the 3010 files" in words


async def test_a_long_patch_is_whole_for_one_file(hub: Hub, site: Repository, writer: Client) -> None:
    at = {"pull_number": add_pull(hub, site, 30, lines=1000), **SITE}
    listed = (await call(writer, "list_changed_files", limit=30, **at))["items"]
    assert "give its path for more]" in listed[0]["patch"]
    (one,) = (await call(writer, "list_changed_files", path=listed[0]["path"], **at))["items"]
    assert one["patch"].count("+text") == 1000


async def test_a_renamed_file_has_its_former_path(hub: Hub, writer: Client) -> None:
    body = '[{"filename": "new.txt", "previous_filename": "old.txt", "status": "renamed"}]'
    hub.misbehave("answer", path="*/files", status=200, body=body)
    (one,) = (await call(writer, "list_changed_files", **AT))["items"]
    assert (one["path"], one["previous_path"], one["status"]) == ("new.txt", "old.txt", "renamed")


async def test_pull_requests_are_listed_by_head(writer: Client) -> None:
    for head in ("fix/health", "acme:fix/health"):
        found = await call(writer, "list_pull_requests", head=head, state="all", **SITE)
        assert [one["number"] for one in found["items"]] == [4]
    for head in ("main", "hubot:fix/health"):
        assert (await call(writer, "list_pull_requests", head=head, **SITE))["items"] == []
    for head in ("a b:main", ":main", "acme:", "acme:a..b"):
        assert "head: must be" in await refusal(writer, "list_pull_requests", head=head, **SITE)
    words = await refusal(writer, "list_pull_requests", head="fix/helth", **SITE)
    assert words.startswith("There is no branch `fix/helth` (head). Nearest: fix/health")

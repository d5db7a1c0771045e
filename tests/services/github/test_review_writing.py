"""Submitting reviews with comments on lines; answering and resolving threads."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.reviews import Thread
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub, key, new_caller
from .test_reviews import AT, NOW, ranking

TEXT = "".join(f"line {number}\n" for number in range(1, 61))
CHANGED = (
    TEXT.replace("line 10\n", "line 10 is new\nand one more\n").replace("line 40\n", "").replace("line 50\n", "x\n")
)


@pytest.fixture
def pull(hub: Hub) -> dict[str, Any]:
    """A pull request of hubot's: three hunks in long.txt, a rename, a binary file. Arguments that name its head."""
    world = hub.simulator.world
    site = world.repositories["acme/website"]
    git, base = site.git, site.git.branches()["main"]
    who = "Hu Bot <hubot@users.noreply.example.com>"

    def commit(parent: str, changes: dict[str, bytes | None]) -> str:
        tree = {
            path: None if content is None else (FILE_MODE, git.add_blob(content)) for path, content in changes.items()
        }
        return git.add_commit(git.add_tree(tree, git.commit(parent).tree.decode()), [parent], "C", who, NOW)

    first = commit(base, {"long.txt": TEXT.encode(), "logo.bin": b"\0\1"})
    git.set_ref("refs/heads/main", first)
    head = commit(first, {"long.txt": CHANGED.encode(), "logo.bin": b"\0\2"})
    git.set_ref("refs/heads/long", head)
    issue = world.add_issue(site, world.accounts["hubot"], "Long", None, pull=Pull("long", "main", head, first))
    return {"pull_number": issue.number, "head_sha": head, **SITE}


def threads(hub: Hub, asked: dict[str, Any]) -> list[Thread]:
    issue = hub.simulator.world.repositories["acme/website"].issues[asked["pull_number"]]
    assert issue.pull is not None
    return issue.pull.threads


async def test_a_review_holds_comments_and_suggestions(hub: Hub, writer: Client, pull: dict[str, Any]) -> None:
    comments = [
        {"path": "long.txt", "line": 11, "body": "Why?"},
        {"path": "./long.txt", "start_line": 10, "line": 11, "body": "Better:", "suggestion": "one ```py``` line\n"},
        {"path": "long.txt", "line": 40, "side": "left", "body": "This was needed."},
        {"path": "long.txt", "line": 51, "start_line": 51, "suggestion": ""},
    ]
    made = await call(writer, "review_pull_request", event="request changes", comments=comments, **pull)
    assert (made["state"], "notice" in made) == ("CHANGES_REQUESTED", False)
    found = threads(hub, pull)
    assert [(one.line, one.start_line, one.side) for one in found] == [
        (11, None, "RIGHT"), (11, 10, "RIGHT"), (40, None, "LEFT"), (51, None, "RIGHT"),
    ]  # fmt: skip
    bodies = [one.comments[0].body for one in found]
    assert bodies[1] == "Better:\n\n````suggestion\none ```py``` line\n````"
    assert bodies[3] == "```suggestion\n```"
    assert hub.requests("POST", "*/reviews") == 1
    assert hub.requests("POST", "*/comments*") == 0
    seen = await call(writer, "get_pull_request", pull_number=pull["pull_number"], **SITE)
    assert [one["line"] for one in seen["threads"]] == [11, 11, 40, 51]
    assert "start_line" not in seen["threads"][0]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        (
            {"line": 30},
            "does not show line 30 of long.txt (comments.0.line). The nearest lines that can be commented on: ",
        ),
        ({"line": 30}, "7-14, 38-43 and 47-53 (side RIGHT). Nothing was written."),
        ({"line": 999}, "7-14, 38-43 and 47-53 (side RIGHT)"),
        ({"line": 30, "side": "LEFT"}, "7-13, 37-43 and 47-53 (side LEFT)"),
        ({"line": 43, "start_line": 20}, "does not show line 20 of long.txt (comments.0.start_line)"),
        ({"line": 43, "start_line": 12}, "Lines 12 and 43 of long.txt are in different parts of the diff"),
        ({"line": 11, "start_line": 13}, "start_line 13 comes after line 11"),
        ({"line": 11, "path": "long.tx"}, "There is no changed file `long.tx` (comments.0.path). Nearest: long.txt"),
        ({"line": 11, "path": "README.md"}, "There is no changed file `README.md`"),
        ({"line": 11, "body": None}, "neither body nor suggestion (comments.0)"),
        ({"line": 11, "side": "LEFT", "suggestion": "x"}, "A suggestion replaces lines of the new file"),
        ({"line": 1, "path": "logo.bin"}, "logo.bin has no changed lines"),
        ({"line": 0}, "comments.0.line"),
    ],
)
async def test_comments_outside_of_the_diff_are_refused(
    hub: Hub, writer: Client, pull: dict[str, Any], comment: dict[str, Any], words: str
) -> None:
    comments = [{"path": "long.txt", "body": "B", **comment}]
    assert words in await refusal(writer, "review_pull_request", event="COMMENT", comments=comments, **pull)
    assert hub.requests("POST", "*/reviews") == 0
    assert threads(hub, pull) == []


async def test_a_line_that_the_other_side_shows_is_named(writer: Client, pull: dict[str, Any]) -> None:
    comments = [{"path": "long.txt", "line": 37, "body": "B"}]
    words = await refusal(writer, "review_pull_request", event="COMMENT", comments=comments, **pull)
    assert "Line 37 of side LEFT can." in words


async def test_lines_of_an_older_commit_are_checked_by_github(hub: Hub, writer: Client, pull: dict[str, Any]) -> None:
    files = [{"path": "late.txt", "content": "x\n"}]
    asked = {"branch": "long", "message": "M", "expected_head": pull["head_sha"], "files": files, **SITE}
    await call(writer, "commit_files", **asked)
    wrong = [{"path": "long.txt", "line": 30, "body": "B"}]
    words = await refusal(writer, "review_pull_request", event="COMMENT", comments=wrong, **pull)
    assert "Line could not be resolved" in words
    assert "Comment on lines that get_pull_request_diff shows" in words
    assert words.endswith(" now.")
    unknown = await refusal(writer, "review_pull_request", event="APPROVE", **{**pull, "head_sha": "0" * 40})
    assert "The commit is not part of the pull request" in unknown
    right = [{"path": "long.txt", "line": 11, "body": "B"}]
    made = await call(writer, "review_pull_request", event="COMMENT", comments=right, **pull)
    assert made["notice"].startswith("The pull request has newer commits")
    assert len(threads(hub, pull)) == 1


@pytest.mark.parametrize(("event", "verb"), [("APPROVE", "approve"), ("REQUEST_CHANGES", "request changes of")])
async def test_an_opinion_on_ones_own_pull_request_is_refused(hub: Hub, writer: Client, event: str, verb: str) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    site.issues[3].user = hub.simulator.world.accounts["mona"]
    at = {"head_sha": site.git.branches()["feature/ranking"], **AT}
    words = await refusal(writer, "review_pull_request", event=event, body="B", **at)
    assert f"acts as mona, who opened pull request #3: GitHub lets no one {verb} their own" in words
    assert hub.requests("POST", "*/reviews") == 0
    assert (await call(writer, "review_pull_request", event="COMMENT", body="B", **at))["state"] == "COMMENTED"
    assert hub.requests(path="*/user") == 1


async def test_an_unknown_account_leaves_the_decision_to_github(hub: Hub, writer: Client) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    site.issues[3].user = hub.simulator.world.accounts["mona"]
    hub.misbehave("error", path="*/user", status=403, times=9)
    at = {"head_sha": site.git.branches()["feature/ranking"], **AT}
    words = await refusal(writer, "review_pull_request", event="APPROVE", **at)
    assert "Review Can not approve your own pull request" in words


async def test_a_thread_is_answered_and_resolved(hub: Hub, writer: Client) -> None:
    (thread,) = (await call(writer, "get_pull_request", **AT))["threads"]
    asked = {"thread_id": thread["id"], **AT}
    made = await call(writer, "reply_to_review_thread", body="Done.", **asked)
    assert made["url"].endswith(f"#discussion_r{made['id']}")
    seen = (await call(writer, "get_pull_request", **AT))["threads"][0]
    assert [one["author"] for one in seen["comments"]] == ["drifter", "hubot", "mona"]
    assert seen["comments"][2]["body"] == '<user_content source="user">Done.</user_content>'
    assert await call(writer, "resolve_review_thread", **asked) == {"thread_id": thread["id"], "is_resolved": True}
    assert "threads" in await call(writer, "get_pull_request", **AT)
    assert (await call(writer, "get_pull_request", **AT))["threads"] == []
    again = await call(writer, "resolve_review_thread", **asked, idempotency_key=key())
    assert again["is_resolved"] is True
    opened = await call(writer, "resolve_review_thread", resolved=False, **asked)
    assert opened["is_resolved"] is False
    assert ranking(hub).threads[0].resolved_by is None
    assert hub.requests("POST", "*/replies") == 1


@pytest.mark.parametrize(
    "spelling", ["{}", "r{}", "discussion_r{}", "https://github.com/acme/website/pull/3#discussion_r{}"]
)
async def test_a_thread_is_named_by_any_of_its_comments(hub: Hub, writer: Client, spelling: str) -> None:
    thread = ranking(hub).threads[0]
    last = spelling.format(thread.comments[1].id)
    await call(writer, "reply_to_review_thread", thread_id=last, body="To the reply.", **AT)
    assert len(thread.comments) == 3
    assert (await call(writer, "resolve_review_thread", thread_id=last, **AT))["thread_id"] == thread.id


@pytest.mark.parametrize("tool", ["reply_to_review_thread", "resolve_review_thread"])
async def test_a_thread_of_another_pull_request_is_refused(hub: Hub, writer: Client, tool: str) -> None:
    more = {"body": "B"} if tool.startswith("reply") else {}
    thread = ranking(hub).threads[0]
    for number, identifier in ((4, thread.id), (4, thread.comments[1].id), (3, 999_999)):
        words = await refusal(writer, tool, pull_number=number, thread_id=identifier, **more, **SITE)
        assert f"has no thread {identifier}" in words
    assert (len(thread.comments), thread.resolved_by) == (2, None)


async def test_resolving_needs_graphql(hub: Hub, writer: Client) -> None:
    thread = ranking(hub).threads[0]
    hub.misbehave("error", path="*/graphql", status=403, times=9)
    words = await refusal(writer, "resolve_review_thread", thread_id=thread.id, **AT)
    assert "forbids this for pull request #3" in words
    assert (await call(writer, "reply_to_review_thread", thread_id=thread.id, body="B", **AT))["id"]


async def test_a_reply_with_a_lost_response_is_found(hub: Hub) -> None:
    thread, ann = ranking(hub).threads[0], new_caller()
    asked = {"thread_id": thread.id, "body": "Once", "idempotency_key": key(), **AT}
    hub.misbehave("truncated", method="POST", path="*/replies")
    async with hub.client(ann) as client:
        assert "unknown" in await refusal(client, "reply_to_review_thread", **asked)
        found = await client.call_tool("reply_to_review_thread", asked)
    assert "An earlier attempt had taken effect already" in found.content[-1].text
    assert len(thread.comments) == 3

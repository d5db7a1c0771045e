"""Bodies of issues and pull requests: a change of one part keeps the rest, the line endings and the effect id."""

from collections.abc import Callable
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.issues import Issue
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub, plain

BODY = (
    "## Steps for `Vec<String>` &lt;b&gt;\n\n"
    "- [ ] read [the guide](https://example.com/a?b=c)\n- [ ] ![shot](http://other.example/x.png)\n- [x] done\n\n"
    "<details><summary>Log</summary>\n\n```\na < b\t\u200b\x0c\u2028\n```\n</details>\n<!-- keep me -->\n"
)


async def opened(hub: Hub, client: Client, body: str) -> Issue:
    made = await call(client, "create_issue", title="T", body=body, **SITE)
    return hub.simulator.world.repositories["acme/website"].issues[made["number"]]


def stored(issue: Issue) -> str:
    assert issue.body is not None
    return issue.body


async def test_first_text_of_an_empty_body_keeps_its_fence(hub: Hub, writer: Client) -> None:
    """A mark right after it would keep the fence of code from ending."""
    made = await call(writer, "create_issue", title="T", **SITE)
    issue = hub.simulator.world.repositories["acme/website"].issues[made["number"]]
    code = "```\nx = 1\n```"
    await call(writer, "update_issue", issue_number=issue.number, body=code, **SITE)
    assert stored(issue).startswith(f"{code}\n\n<!-- fleet-write:")
    assert plain((await call(writer, "get_issue", issue_number=issue.number, **SITE))["body"]) == code


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_ticking_one_checkbox_changes_one_character(hub: Hub, writer: Client, ending: str) -> None:
    issue = await opened(hub, writer, BODY)
    before = issue.body = stored(issue).replace("\n", ending)
    read = plain((await call(writer, "get_issue", issue_number=issue.number, **SITE))["body"])
    assert "fleet-write" not in read
    edits = [{"old": "- [ ] read", "new": "- [x] read"}]
    await call(writer, "update_issue", issue_number=issue.number, edits=edits, **SITE)
    assert stored(issue) == before.replace("[ ]", "[x]", 1)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_whole_body_keeps_line_endings_and_effect_id(hub: Hub, writer: Client, ending: str) -> None:
    issue = await opened(hub, writer, BODY)
    before = issue.body = stored(issue).replace("\n", ending)
    for body in (BODY, before):  # as shown, and as copied from the page's source
        changed = body.replace("[ ]", "[x]", 1)
        await call(writer, "update_issue", issue_number=issue.number, body=changed, **SITE)
        assert stored(issue) == before.replace("[ ]", "[x]", 1)
        issue.body = before


@pytest.mark.parametrize("form", [str, plain])
async def test_body_as_it_was_shown_is_written_back_exactly(
    hub: Hub, writer: Client, form: Callable[[str], str]
) -> None:
    issue = await opened(hub, writer, BODY)
    before = stored(issue)
    read = form((await call(writer, "get_issue", issue_number=issue.number, **SITE))["body"])
    assert "⟦" in read
    await call(writer, "update_issue", issue_number=issue.number, body=read.replace("[ ]", "[x]", 1), **SITE)
    assert stored(issue) == before.replace("[ ]", "[x]", 1)
    edits = [{"old": line.replace("[ ]", "[x]"), "new": line} for line in read.split("\n") if "[ ] read" in line]
    await call(writer, "update_issue", issue_number=issue.number, edits=edits, **SITE)
    assert stored(issue) == before


async def test_effect_id_stays_hidden_in_every_text(hub: Hub, writer: Client) -> None:
    issue = await opened(hub, writer, "\n\n- [ ] x")
    await call(writer, "add_comment", issue_number=issue.number, body="Yes.", **SITE)
    await call(writer, "create_release", tag="v3", notes="Notes.", **SITE)
    asked = {"title": "P", "head": "feature/ranking", "base": "release"}
    await call(writer, "create_branch", branch="release", **SITE)
    pull = await call(writer, "create_pull_request", body="Why.", **asked, **SITE)
    read = await call(writer, "get_issue", issue_number=issue.number, **SITE)
    shown = [
        read["body"],
        read["shown_comments"][0]["body"],
        (await call(writer, "get_latest_release", **SITE))["notes"],
        (await call(writer, "get_pull_request", pull_number=pull["number"], **SITE))["body"],
    ]
    assert [plain(text) for text in shown] == ["\n\n- [ ] x", "Yes.", "Notes.", "Why."]


async def test_body_of_a_pull_request_is_edited(hub: Hub, writer: Client) -> None:
    pull = hub.simulator.world.repositories["acme/website"].issues[4]
    pull.body = "a\r\nb"
    await call(writer, "update_issue", issue_number=4, edits=[{"old": "b", "new": "b\nc"}], **SITE)
    assert pull.body == "a\r\nb\r\nc"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"edits": [{"old": "nowhere", "new": "x"}]}, "Edit 1 of the body of issue #"),
        ({"edits": [{"old": "[ ]", "new": "[x]"}]}, "more than once, in lines 3, 4."),
        ({"edits": [{"old": "fleet-write", "new": "x"}]}, "does not occur"),
        ({"edits": [{"old": "a", "new": "b"}], "body": "x"}, "not both"),
        ({"edits": [{"old": "", "new": "b"}]}, "edits.0.old"),
    ],
)
async def test_body_edit_that_does_not_fit_writes_nothing(
    hub: Hub, writer: Client, change: dict[str, Any], words: str
) -> None:
    issue = await opened(hub, writer, BODY)
    before = issue.body
    assert words in await refusal(writer, "update_issue", issue_number=issue.number, **change, **SITE)
    assert issue.body == before

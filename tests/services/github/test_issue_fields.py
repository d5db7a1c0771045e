"""Fields of issues: reasons, duplicates, milestones, types, empty values, filters, parents and sub-issues."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, refusal, walk

from .scene import PAYMENTS, SITE, Hub, new_caller, plain


@pytest.fixture
def site(hub: Hub) -> Repository:
    """The repository acme/website of the test's own simulator."""
    return hub.simulator.world.repositories["acme/website"]


@pytest.fixture
def bug(site: Repository) -> Issue:
    """Its first issue: a bug of Version 1.1."""
    return site.issues[1]


async def update(client: Client, **changes: Any) -> dict[str, Any]:
    return await call(client, "update_issue", **{"issue_number": 1, **changes, **SITE})


async def refused(client: Client, **changes: Any) -> str:
    return await refusal(client, "update_issue", **{"issue_number": 1, **changes, **SITE})


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"state": "closed"}, "closed", "completed"),
        ({"state_reason": "completed"}, "closed", "completed"),
        ({"state_reason": "not_planned"}, "closed", "not_planned"),
        ({"state": "closed", "state_reason": "not planned"}, "closed", "not_planned"),
        ({"state_reason": "duplicate"}, "closed", "duplicate"),
        ({"duplicate_of": 2}, "closed", "duplicate"),
        ({"duplicate_of": "#2", "state_reason": "duplicate", "state": "closed"}, "closed", "duplicate"),
        ({"duplicate_of": "acme/payments#1"}, "closed", "duplicate"),
        ({"duplicate_of": "https://github.com/acme/payments/issues/1"}, "closed", "duplicate"),
    ],
)
async def test_issue_is_closed_for_each_reason(
    hub: Hub, writer: Client, bug: Issue, changes: dict[str, Any], state: str, reason: str
) -> None:
    changed = await update(writer, **changes)
    assert (changed["state"], changed["state_reason"]) == (bug.state, bug.state_reason) == (state, reason)
    given = changes.get("duplicate_of")
    home = hub.simulator.world.repositories["acme/payments" if "payments" in str(given) else "acme/website"]
    assert bug.duplicate_of is (home.issues[2 if "payments" not in str(given) else 1] if given else None)


async def test_closed_issue_gets_another_reason_and_is_reopened(writer: Client, bug: Issue) -> None:
    for reason in ("completed", "not_planned", "reopened"):
        assert (await update(writer, state_reason=reason))["state_reason"] == bug.state_reason == reason
    assert bug.state == "open"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "open", "state_reason": "duplicate"}, "cannot have the state_reason duplicate"),
        ({"state": "closed", "state_reason": "reopened"}, "cannot have the state_reason reopened"),
        ({"duplicate_of": 2, "state_reason": "completed"}, "duplicate_of closes the issue as a duplicate"),
        ({"duplicate_of": 1}, "no duplicate of itself"),
        ({"duplicate_of": 3}, "is a pull request, and duplicate_of must be an issue"),
        ({"duplicate_of": 99}, "no issue #99 in acme/website (duplicate_of)"),
        ({"duplicate_of": "the other one"}, "must be an issue such as 12"),
        ({"milestone": "Version 1.2"}, "no milestone of that name (milestone). Nearest: Version 1.1, Version 1.0"),
        ({"milestone": 7}, "There is no milestone `7` (milestone). Nearest: "),
        ({"type": "Bugg"}, "There is no issue type `Bugg` (type). Nearest: Bug"),
        ({"title": "T", "labels": ["x"], "clear": ["labels"]}, "labels is in clear and has a value"),
        ({"milestone": "Version 1.0", "clear": ["milestone"]}, "milestone is in clear and has a value"),
        ({"edits": [{"old": "a", "new": "b"}], "clear": ["body"]}, "body is in clear and has a value"),
        ({}, "Nothing to change"),
        ({"body": "", "labels": [], "assignees": []}, "name them in clear"),
        ({"body": None, "labels": None, "milestone": None, "clear": []}, "Nothing to change"),
    ],
)
async def test_contradictions_and_unknown_names_change_nothing(
    writer: Client, bug: Issue, changes: dict[str, Any], words: str
) -> None:
    before = repr(bug)
    assert words in await refused(writer, **changes)
    assert repr(bug) == before


@pytest.mark.parametrize(
    ("given", "title"), [("Version 1.0", "Version 1.0"), ("version 1.0 ", "Version 1.0"), ("1", "Version 1.0")]
)
async def test_milestone_is_set_by_title_or_number(writer: Client, bug: Issue, given: str, title: str) -> None:
    await update(writer, milestone=given)
    assert bug.milestone is not None
    assert bug.milestone.title == title


async def test_title_of_digits_is_a_milestone_too(hub: Hub, writer: Client, site: Repository, bug: Issue) -> None:
    milestone = hub.simulator.world.add_milestone(site, bug.user, "2026")
    await update(writer, milestone=2026)
    assert bug.milestone is milestone
    found = await call(writer, "list_issues", milestone="2026", **SITE)
    assert [one["number"] for one in found["items"]] == [1]


async def test_type_is_set_and_shown(writer: Client) -> None:
    await update(writer, type="feature")
    read = await call(writer, "get_issue", issue_number=1, **SITE)
    assert (read["type"], read["milestone"]) == ("Feature", "Version 1.1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "  \n"}, "body"),
        ({"labels": []}, "labels"),
        ({"assignees": []}, "assignees"),
        ({"milestone": ""}, "milestone"),
        ({"type": ""}, "type"),
        *(({"clear": [name]}, name) for name in ("body", "labels", "assignees", "milestone", "type")),
        ({"labels": [], "clear": ["labels"]}, "labels"),
    ],
)
async def test_field_that_is_cleared_becomes_empty(
    hub: Hub, writer: Client, bug: Issue, changes: dict[str, Any], field: str
) -> None:
    bug.assignees = [hub.simulator.world.accounts["hubot"]]
    assert getattr(bug, field)
    changed = await update(writer, **changes)
    assert not getattr(bug, field)
    assert "notice" not in changed
    left = {"body", "labels", "assignees", "milestone", "type"} - {field}
    assert all(getattr(bug, name) for name in left)


async def test_empty_field_beside_a_change_stays(writer: Client, bug: Issue) -> None:
    before = (bug.body, bug.labels, bug.milestone)
    sent = {"title": "New", "body": "", "labels": [], "assignees": [], "milestone": "", "type": None, "clear": []}
    changed = await update(writer, **sent)
    assert (bug.title, bug.body, bug.labels, bug.milestone) == ("New", *before)
    assert changed["notice"].startswith("Sent empty and left as it is: body, labels, assignees, milestone.")


async def test_issue_is_created_with_milestone_and_type(writer: Client, site: Repository) -> None:
    made = await call(writer, "create_issue", title="T", milestone="Version 1.1", type="Task", **SITE)
    issue = site.issues[made["number"]]
    assert issue.milestone is site.milestones[2]
    assert issue.type is not None
    assert issue.type.name == "Task"
    assert "There is no milestone `1.1`" in await refusal(writer, "create_issue", title="T", milestone="1.1", **SITE)


async def test_what_github_drops_for_want_of_rights_is_said(writer: Client) -> None:
    rockets = {"owner": "globex", "repo": "rockets"}
    made = await call(writer, "create_issue", title="T", labels=["bug"], **rockets)
    assert made["notice"].startswith("GitHub accepted the write and left unchanged: labels.")


async def test_lists_filter_by_assignee_milestone_and_type(hub: Hub, writer: Client, site: Repository) -> None:
    async def numbers(**filters: Any) -> list[int]:
        return [one["number"] for one in await walk(writer, "list_issues", **filters, **SITE)]

    site.issues[2].assignees = [hub.simulator.world.accounts["hubot"]]
    assert await numbers(assignee="*") == await numbers(assignee="@hubot") == [2]
    assert await numbers(assignee="none") == [1]
    assert await numbers(milestone="*") == await numbers(milestone="Version 1.1") == await numbers(milestone=2) == [1]
    assert await numbers(milestone="none") == await numbers(type="none") == [2]
    assert await numbers(type="Bug") == await numbers(type="*") == [1]
    assert await numbers(milestone="Version 1.0") == await numbers(type="Task") == []
    for filters, words in (
        ({"milestone": "Version 1.2"}, "Nearest: Version 1.1"),
        ({"milestone": 9}, "There is no milestone `9`"),
        ({"type": "Story"}, "There is no issue type `Story` (type). Nearest: "),
        ({"assignee": "@me"}, "must be a login such as octocat, * for any, or none"),
    ):
        assert words in await refusal(writer, "list_issues", **filters, **SITE)


async def test_owner_without_issue_types_says_so(hub: Hub, writer: Client) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["mona"], "notes", private=False, description="")
    world.add_issue(world.repositories["mona/notes"], world.accounts["mona"], "T", None)
    own = {"owner": "mona", "repo": "notes"}
    assert "has no issue types (type)" in await refusal(writer, "update_issue", issue_number=1, type="Bug", **own)


async def test_search_says_merged_or_closed(hub: Hub, writer: Client, site: Repository) -> None:
    world = hub.simulator.world
    merged, closed, draft = (site.issues[3], site.issues[4], world.add_issue(site, world.accounts["mona"], "D", None))
    assert merged.pull is not None
    assert closed.pull is not None
    draft.state, draft.state_reason = "closed", "not_planned"
    closed.pull.draft = True
    for pull in (merged, closed):
        pull.state = "closed"
    merged.pull.merged_at = world.now()
    found = {one["number"]: one for one in await walk(writer, "search_issues", query="repo:acme/website is:closed")}
    assert (found[3]["merged"], found[3]["merged_at"][:4].isdecimal()) == (True, True)
    assert (found[4]["merged"], found[4]["draft"], "merged_at" in found[4]) == (False, True, False)
    assert (found[5]["state_reason"], found[5].get("merged")) == ("not_planned", None)
    assert [one["number"] for one in await walk(writer, "search_issues", query="repo:acme/website is:merged")] == [3]
    read = await call(writer, "get_issue", issue_number=3, **SITE)
    assert (read["merged"], read["is_pull_request"]) == (True, True)
    assert "merged" not in await call(writer, "get_issue", issue_number=1, **SITE)


async def test_issue_shows_its_parent_and_sub_issues(hub: Hub, writer: Client) -> None:
    hub.simulator.request_log.clear()
    read = await call(writer, "get_issue", issue_number=2, **PAYMENTS)
    assert [(one["number"], one["state"], plain(one["title"])) for one in read["sub_issues"]] == [
        (3, "closed", "Give every settlement a key"),
        (1, "open", "Settlement ran twice"),
    ]
    assert not {"parent", "missing"} & read.keys()
    child = await call(writer, "get_issue", issue_number=1, **PAYMENTS)
    assert (child["parent"]["number"], child["parent"]["repository"], child["sub_issues"]) == (2, "acme/payments", [])
    assert hub.requests(path="*/sub_issues") == hub.requests(path="*/parent") == 1


async def test_links_outside_the_grants_are_counted_only(hub: Hub) -> None:
    world = hub.simulator.world
    parent, child = world.repositories["acme/payments"].issues[2], world.repositories["acme/website"].issues[1]
    parent.sub_issues.append(child)
    child.parent = parent
    async with hub.client(new_caller(grants={"repositories": ["acme/website"]})) as client:
        read = await call(client, "get_issue", issue_number=1, **SITE)
    assert "parent" not in read
    assert read["missing"] == [{"part": "parent", "reason": "Outside your grants, or hidden from this server."}]
    assert hub.requests(path="/repos/acme/payments*") == 0
    async with hub.client(new_caller(grants={"repositories": ["acme/payments"]})) as client:
        read = await call(client, "get_issue", issue_number=2, **PAYMENTS)
    assert [one["number"] for one in read["sub_issues"]] == [3, 1]
    assert [one["part"] for one in read["missing"]] == ["1 of 3 sub-issues"]


async def test_sub_issues_that_fail_are_a_missing_part(hub: Hub, writer: Client) -> None:
    hub.misbehave("error", path="*/sub_issues", status=403, times=9)
    read = await call(writer, "get_issue", issue_number=2, **PAYMENTS)
    assert [one["part"] for one in read["missing"]] == ["sub-issues"]
    assert "sub_issues" not in read
    assert plain(read["title"])

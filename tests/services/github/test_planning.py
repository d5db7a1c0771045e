"""Milestones, issue types and sub-issues."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.testing import simulator_in_thread
from devkit.simulators.github.variants import Variant
from tests.fixtures.calls import call, preview, refusal, walk

from .scene import PAYMENTS, SITE, Hub, new_caller, plain

MARK = re.compile(r"<!-- fleet-write:[0-9a-f]{24} -->$")


@pytest.fixture
def site(hub: Hub) -> Repository:
    return hub.simulator.world.repositories["acme/website"]


@pytest.fixture
def ledger(hub: Hub) -> Issue:
    """The issue of acme/payments that has the sub-issues 3 and 1."""
    return hub.simulator.world.repositories["acme/payments"].issues[2]


async def change(client: Client, action: str, sub_issue: object, **more: Any) -> dict[str, Any]:
    asked = {"issue_number": 2, "action": action, "sub_issue": sub_issue, **PAYMENTS, **more}
    return await call(client, "change_sub_issue", **asked)


async def refused(client: Client, action: str, sub_issue: object, **more: Any) -> str:
    asked = {"issue_number": 2, "action": action, "sub_issue": sub_issue, **PAYMENTS, **more}
    return await refusal(client, "change_sub_issue", **asked)


def order(ledger: Issue) -> list[int]:
    return [one.number for one in ledger.sub_issues]


async def test_milestones_are_listed_by_due_date(hub: Hub, writer: Client, site: Repository) -> None:
    (found,) = (await call(writer, "list_milestones", **SITE))["items"]
    assert (found["number"], plain(found["title"]), found["due_on"]) == (2, "Version 1.1", "2026-12-18")
    assert (found["open_issues"], found["closed_issues"]) == (1, 0)
    for number in range(3, 6):
        hub.simulator.world.add_milestone(site, site.issues[1].user, f"M{number}")
    pages = await walk(writer, "list_milestones", state="all", limit=2, **SITE)
    assert [one["number"] for one in pages] == [2, 1, 3, 4, 5]


async def test_milestone_is_created_changed_and_closed(writer: Client, site: Repository) -> None:
    made = await call(writer, "create_milestone", title="Sprint 7", description="Small.", due_on="2026-12-01", **SITE)
    milestone = site.milestones[made["number"]]
    assert (milestone.title, made["due_on"]) == ("Sprint 7", "2026-12-01")
    assert milestone.description is not None
    assert MARK.search(milestone.description)
    asked = {"milestone": "sprint 7", "description": "Smaller.", "state": "closed", "clear": ["due_on"]}
    changed = await call(writer, "update_milestone", **asked, **SITE)
    assert changed == {"number": made["number"], "url": made["url"], "state": "closed"}
    assert milestone.description.startswith("Smaller.\n\n<!-- fleet-write:")
    shown = (await call(writer, "list_milestones", state="closed", **SITE))["items"]
    assert "fleet-write" not in str(shown)
    await call(writer, "update_milestone", milestone=made["number"], clear=["description"], **SITE)
    assert MARK.sub("", milestone.description).strip() == ""


@pytest.mark.parametrize(
    ("tool", "asked", "words"),
    [
        ("create_milestone", {"title": "version 1.0"}, "There is a milestone version 1.0 already: number 1, closed"),
        ("update_milestone", {"milestone": 2, "title": "Version 1.0"}, "number 1, closed"),
        ("update_milestone", {"milestone": "Version 2", "state": "closed"}, "Nearest: Version 1.1, Version 1.0"),
        ("update_milestone", {"milestone": 77, "state": "closed"}, "There is no milestone `77`"),
        ("update_milestone", {"milestone": 77, "description": "D"}, "There is no milestone `77`"),
        ("update_milestone", {"milestone": 2}, "Nothing to change"),
        ("update_milestone", {"milestone": 2, "due_on": "2026-01-01", "clear": ["due_on"]}, "due_on is in clear"),
        ("create_milestone", {"title": "T", "due_on": "next week"}, "must be a day written as YYYY-MM-DD"),
    ],
)
async def test_wrong_milestone_is_refused_in_words(
    writer: Client, site: Repository, tool: str, asked: dict[str, Any], words: str
) -> None:
    before = repr(site.milestones)
    assert words in await refusal(writer, tool, **asked, **SITE)
    assert repr(site.milestones) == before


async def test_issue_types_are_listed(hub: Hub, writer: Client) -> None:
    found = await call(writer, "list_issue_types", **SITE)
    assert [one["name"] for one in found["types"]] == ["Task", "Bug", "Feature"]
    hub.misbehave("error", path="/repos/*/issue-types", status=404, times=9)  # a server without this route
    assert (await call(writer, "list_issue_types", **PAYMENTS)) == found
    world = hub.simulator.world
    world.add_repository(world.accounts["mona"], "notes", private=False, description="")
    none = await call(writer, "list_issue_types", owner="mona", repo="notes")
    assert (none["types"], none["notice"][:24]) == ([], "mona has no issue types:")


async def test_sub_issues_are_added_moved_and_removed(hub: Hub, writer: Client, ledger: Issue) -> None:
    made = hub.simulator.world.add_issue(hub.simulator.world.repositories["acme/payments"], ledger.user, "T", None)
    added = await change(writer, "add", f"#{made.number}")
    assert added == {"repository": "acme/payments", "number": 2, "sub_issues": 3}
    assert order(ledger) == [3, 1, 4]
    await change(writer, "move", 4, before="acme/payments#3")
    assert order(ledger) == [4, 3, 1]
    await change(writer, "move", "#3", after="https://github.com/acme/payments/issues/1")
    assert order(ledger) == [4, 1, 3]
    assert (await change(writer, "remove", 4))["sub_issues"] == 2
    assert made.parent is None


async def test_sub_issue_is_taken_from_its_parent(hub: Hub, writer: Client, ledger: Issue) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    words = await refusal(writer, "change_sub_issue", issue_number=2, action="add", sub_issue="acme/payments#1", **SITE)
    assert "#1 in acme/payments is a sub-issue of #2 in acme/payments. Nothing was changed." in words
    async with hub.client(new_caller(grants={"repositories": ["acme/website", "acme/handbook"]})) as other:
        book = hub.simulator.world.add_issue(hub.simulator.world.repositories["acme/handbook"], ledger.user, "B", None)
        book.parent = ledger
        asked = {"issue_number": 2, "action": "add", "sub_issue": f"acme/handbook#{book.number}", **SITE}
        assert "is a sub-issue of another issue" in await refusal(other, "change_sub_issue", **asked)
        words = await refusal(other, "change_sub_issue", replace_parent=True, **asked)
        assert "in a repository outside your grants" in words, "its parent would lose it"
        assert book.parent is ledger
    asked = {"issue_number": 2, "action": "add", "sub_issue": "acme/payments#1", "replace_parent": True}
    shown, code = await preview(writer, "change_sub_issue", **asked, **SITE)
    assert "acme/website is public" in shown["effect"]
    await call(writer, "github_confirm_action", code=code)
    assert (order(ledger), order(site.issues[2])) == ([3], [1])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("add", 3), "#3 in acme/payments is a sub-issue of #2 already"),
        (("add", 2), "Sub-issue cannot be a parent of itself"),
        (("add", 99), "no issue #99 in acme/payments (sub_issue)"),
        (("add", "acme/website#3"), "is a pull request, and sub_issue must be an issue"),
        (("add", "globex/rockets#1"), "must belong to the same owner"),
        (("remove", "acme/website#2"), "#2 in acme/website is no sub-issue of #2 in acme/payments"),
        (("move", 3), "give `after` or `before`"),
        (("add", 3, {"after": 1}), "go with action move"),
        (("remove", 3, {"replace_parent": True}), "goes with action add"),
        (("move", 3, {"after": 1, "before": 1}), "give `after` or `before`"),
        (("move", 3, {"after": 9}), "9 is no sub-issue of #2 in acme/payments (after). Its sub-issues: #3, #1."),
        (("move", 9, {"after": 1}), "9 is no sub-issue of #2 in acme/payments (sub_issue)"),
        (("add", "the other one"), "must be an issue such as 12"),
    ],
)
async def test_wrong_change_of_sub_issues_changes_nothing(
    writer: Client, ledger: Issue, asked: tuple[Any, ...], words: str
) -> None:
    action, sub_issue, *more = asked
    assert words in await refused(writer, action, sub_issue, **(more[0] if more else {}))
    assert order(ledger) == [3, 1]


@pytest.mark.parametrize(
    ("asked", "method"),
    [(("add", "acme/website#2"), "POST"), (("remove", 3), "DELETE"), (("move", 3, {"after": 1}), "PATCH")],
)
async def test_change_whose_response_was_lost_is_found(
    hub: Hub, writer: Client, ledger: Issue, asked: tuple[Any, ...], method: str
) -> None:
    action, sub_issue, *more = asked
    arguments = {"idempotency_key": "k" * 16, **(more[0] if more else {})}
    hub.misbehave("truncated", method=method, path="*/issues/2/sub_issue*", times=9)
    await refused(writer, action, sub_issue, **arguments)
    hub.simulator.faults.pending.clear()
    after = order(ledger)
    assert after != [3, 1]
    assert (await change(writer, action, sub_issue, **arguments))["sub_issues"] == len(after)
    assert order(ledger) == after


async def test_public_sub_issue_of_a_private_issue_needs_confirmation(hub: Hub, writer: Client) -> None:
    await call(writer, "get_issue", issue_number=2, **PAYMENTS)
    asked = {"issue_number": 2, "action": "add", "sub_issue": "acme/website#2", **PAYMENTS}
    shown, _ = await preview(writer, "change_sub_issue", **asked)
    assert "acme/website is public" in shown["effect"]
    assert hub.requests("POST") == 0


async def test_labels_are_listed_page_by_page(site: Repository, hub: Hub) -> None:
    async with hub.client() as client:
        found = await walk(client, "list_labels", limit=1, **SITE)
    assert [one["name"] for one in found] == sorted({name for issue in site.issues.values() for name in issue.labels})


@pytest.fixture
def sparse(valkey_url: str, tmp_path: Path) -> Iterator[Hub]:
    """A server other than github.com, with sparse answers."""
    with simulator_in_thread(tmp_path / "repositories", variant=Variant()) as running:
        yield Hub(running, valkey_url, tmp_path)


async def test_planning_works_on_a_server_with_sparse_answers(sparse: Hub) -> None:
    world = sparse.simulator.world
    async with sparse.client() as client:
        assert [one["number"] for one in (await call(client, "list_milestones", **PAYMENTS))["items"]] == []
        made = await call(client, "create_milestone", title="M", **PAYMENTS)
        await call(client, "update_issue", issue_number=1, milestone="m", type="Bug", labels=["x"], **PAYMENTS)
        issue = world.repositories["acme/payments"].issues[1]
        assert (issue.milestone, issue.labels) == (
            world.repositories["acme/payments"].milestones[made["number"]],
            ["x"],
        )
        read = await call(client, "get_issue", issue_number=2, **PAYMENTS)
        assert not {"sub_issues", "missing", "milestone"} & read.keys()
        assert await change(client, "move", 3, after=1) == {"repository": "acme/payments", "number": 2}
        assert [one["name"] for one in (await call(client, "list_issue_types", **PAYMENTS))["types"]] == [
            "Task", "Bug", "Feature",
        ]  # fmt: skip

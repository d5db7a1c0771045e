"""Requests about issues, labels, milestones, types and sub-issues."""

from devkit.simulators.github.world import World

from .request import LEDGER, SITE, Asked, Names

ISSUE = {"title": "T", "body": "B", "labels": ["bug"], "assignees": ["hubot"]}

ASKED: list[Asked] = [
    ("GET", f"{SITE}/labels", None, 200),
    ("GET", f"{SITE}/labels/bug", None, 200),
    ("GET", f"{SITE}/labels/nothing", None, 404),
    ("GET", f"{SITE}/assignees", None, 200),
    ("GET", f"{SITE}/issues?state=all", None, 200),
    ("POST", f"{SITE}/issues", ISSUE, 201),
    ("POST", f"{SITE}/issues", {"title": ""}, 422),
    ("POST", f"{SITE}/issues", {**ISSUE, "assignees": ["unknown"]}, 422),
    ("GET", f"{SITE}/issues/1", None, 200),
    ("GET", f"{SITE}/issues/3", None, 200),
    ("PATCH", f"{SITE}/issues/1", {"state": "closed", "state_reason": "not_planned"}, 200),
    ("PATCH", f"{SITE}/issues/1", {"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": 5}, 422),
    ("PATCH", f"{SITE}/issues/2", {"milestone": 2, "type": "task"}, 200),
    ("PATCH", f"{SITE}/issues/2", {"milestone": 99}, 422),
    ("PATCH", f"{SITE}/issues/2", {"type": "nothing"}, 422),
    ("PATCH", f"{SITE}/issues/2", {"milestone": None, "type": None, "body": None}, 200),
    ("GET", f"{SITE}/issues?milestone=99", None, 422),
    ("GET", f"{SITE}/issues?milestone=*&type=bug&assignee=none&state=all", None, 200),
    ("GET", f"{SITE}/milestones?state=all", None, 200),
    ("GET", f"{SITE}/milestones/2", None, 200),
    ("GET", f"{SITE}/milestones/99", None, 404),
    ("POST", f"{SITE}/milestones", {"title": "M", "due_on": "2026-12-01T08:00:00Z"}, 201),
    ("POST", f"{SITE}/milestones", {"title": "m"}, 422),
    ("PATCH", f"{SITE}/milestones/3", {"state": "closed", "due_on": None}, 200),
    ("GET", "/orgs/acme/issue-types", None, 200),
    ("GET", "/orgs/mona/issue-types", None, 404),
    ("GET", f"{SITE}/issue-types", None, 200),
    ("GET", f"{LEDGER}/issues/2/sub_issues", None, 200),
    ("GET", f"{LEDGER}/issues/1/parent", None, 200),
    ("GET", f"{LEDGER}/issues/2/parent", None, 404),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{child}"}, 422),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{child}", "replace_parent": True}, 201),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": 1}, 404),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{sibling}"}, 201),
    ("PATCH", f"{SITE}/issues/2/sub_issues/priority", {"sub_issue_id": "{sibling}", "before_id": "{child}"}, 200),
    ("PATCH", f"{SITE}/issues/2/sub_issues/priority", {"sub_issue_id": "{sibling}"}, 422),
    ("DELETE", f"{SITE}/issues/2/sub_issue", {"sub_issue_id": "{sibling}"}, 200),
    ("DELETE", f"{SITE}/issues/2/sub_issue", {"sub_issue_id": "{sibling}"}, 404),
    ("POST", f"{SITE}/issues/2/comments", {"body": "C"}, 201),
    ("GET", f"{SITE}/issues/2/comments", None, 200),
]


def prepare(world: World) -> Names:
    """The ids of a sub-issue and of an issue beside it."""
    issues = world.repositories["acme/payments"].issues
    return {"child": issues[3].id, "sibling": issues[2].id}

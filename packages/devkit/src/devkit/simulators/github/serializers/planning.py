"""Milestones, issue types and counts of sub-issues."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.planning import IssueType, Milestone
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id, time_of, user

_BEGAN = "2025-01-01T00:00:00Z"


def milestone_object(urls: Urls, repository: Repository, milestone: Milestone) -> dict[str, Any]:
    """`milestone`."""
    own = urls.repository(repository, "milestones", milestone.number)
    states = [issue.state for issue in repository.issues.values() if issue.milestone is milestone]
    return {
        "url": own,
        "html_url": urls.page(repository, "milestone", milestone.number),
        "labels_url": f"{own}/labels",
        "id": milestone.id,
        "node_id": node_id("Milestone", milestone.id),
        "number": milestone.number,
        "title": milestone.title,
        "description": milestone.description,
        "creator": user(urls, milestone.creator),
        "open_issues": states.count("open"),
        "closed_issues": states.count("closed"),
        "state": milestone.state,
        "created_at": time_of(milestone.created_at),
        "updated_at": time_of(milestone.updated_at),
        "due_on": time_of(milestone.due_on),
        "closed_at": time_of(milestone.closed_at),
    }


def issue_type_object(kind: IssueType) -> dict[str, Any]:
    """`issue-type`."""
    return {
        "id": kind.id,
        "node_id": node_id("IssueType", kind.id),
        "name": kind.name,
        "description": kind.description,
        "color": kind.color,
        "created_at": _BEGAN,
        "updated_at": _BEGAN,
        "is_enabled": True,
    }


def sub_issues_summary(issue: Issue) -> dict[str, int]:
    """`sub-issues-summary`."""
    total = len(issue.sub_issues)
    completed = sum(one.state == "closed" for one in issue.sub_issues)
    return {"total": total, "completed": completed, "percent_completed": completed * 100 // total if total else 0}

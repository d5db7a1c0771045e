"""GitHub's own examples of its objects: every one is read, and no value of it that we show is lost."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from pydantic import AliasPath, BaseModel

from github_mcp.adapters.api.client import parsed
from github_mcp.models.actions.actions import Job, Step
from github_mcp.models.actions.checks import CommitStatus, WireCheck
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.actions.workflow_runs import RunSummary, Workflow
from github_mcp.models.changes import (
    WrittenComment,
    WrittenIssue,
    WrittenPull,
    WrittenRelease,
    WrittenReview,
)
from github_mcp.models.commits.commits import CommitSummary
from github_mcp.models.issues.issues import Comment, Issue, IssueSummary
from github_mcp.models.issues.planning import Milestone, WrittenMilestone
from github_mcp.models.people import Person, Team
from github_mcp.models.pulls.pulls import PullRequest, PullSummary
from github_mcp.models.pulls.reviews import Review, ThreadComment
from github_mcp.models.releases import Release
from github_mcp.models.repositories.repositories import RepositoryFacts, RepositorySummary
from tests.fixtures.published import WEBHOOKS, published

READ: list[tuple[str, str, type[BaseModel]]] = [
    ("check_run", "check_run", WireCheck),
    ("commit_comment", "sender", Person),
    ("fork", "forkee", RepositorySummary),
    ("issue_comment", "comment", Comment),
    ("issue_comment", "comment", WrittenComment),
    ("issue_comment", "issue", Issue),
    ("issues", "issue", Issue),
    ("issues", "issue", IssueSummary),
    ("issues", "issue", WrittenIssue),
    ("member", "member", Person),
    ("milestone", "milestone", Milestone),
    ("milestone", "milestone", WrittenMilestone),
    ("pull_request", "pull_request", PullRequest),
    ("pull_request", "pull_request", WrittenPull),
    ("pull_request_review", "pull_request", PullSummary),
    ("pull_request_review", "review", Review),
    ("pull_request_review", "review", WrittenReview),
    ("pull_request_review_comment", "comment", ThreadComment),
    ("release", "release", Release),
    ("release", "release", WrittenRelease),
    ("repository", "repository", RepositoryFacts),
    ("repository", "repository", RepositorySummary),
    ("status", "commit", CommitSummary),
    ("status", "", CommitStatus),
    ("team", "team", Team),
    ("workflow_job", "workflow_job", Job),
    ("workflow_job", "workflow_job.steps", Step),
    ("workflow_run", "workflow", Workflow),
    ("workflow_run", "workflow_run", RunState),
    ("workflow_run", "workflow_run", RunSummary),
]
"""The event, the path of the object in it (empty for the event itself), and the model that reads it."""


@cache
def examples() -> dict[str, list[Any]]:
    """Examples by event. Skips the test if npm or its registry is unavailable."""
    text = (published(WEBHOOKS) / "api.github.com" / "index.json").read_text(encoding="utf-8")
    return {event["name"]: event["examples"] for event in json.loads(text)}


def objects(event: str, path: str) -> Iterator[Any]:
    """The objects at a path in the examples of an event; lists are flattened.

    Two issues without a state are left out: they are parts of transfers, and REST sends whole ones.
    """
    for found in examples()[event]:
        for member in filter(None, path.split(".")):
            found = found.get(member)
            if found is None:
                break
        if found is not None and (path != "issue" or "state" in found):
            yield from found if isinstance(found, list) else (found,)


def lost(model: type[BaseModel], raw: Mapping[str, Any]) -> list[str]:
    """Fields that the model left empty, or changed, although GitHub sent a value."""
    record = parsed(model, raw)
    return [
        f"{model.__name__}.{name}: {sent!r} became {kept!r}"
        for name, field in model.model_fields.items()
        if _is_lost(sent := _at(raw, field.validation_alias or name), kept := getattr(record, name))
    ]


def _at(raw: Any, alias: Any) -> Any:
    for step in alias.path if isinstance(alias, AliasPath) else (alias,):
        raw = raw.get(step) if isinstance(raw, Mapping) else None
    return raw


def _is_lost(sent: Any, kept: Any) -> bool:
    if sent is None:
        return False
    if isinstance(kept, datetime):
        return kept != datetime.fromisoformat(str(sent))
    if isinstance(kept, str | int | bool):
        return bool(kept != sent)
    if isinstance(kept, tuple):
        return isinstance(sent, list) and len(kept) != len(sent)
    return kept is None


@pytest.mark.parametrize(("event", "path", "model"), READ, ids=lambda value: getattr(value, "__name__", value))
def test_every_example_is_read_whole(event: str, path: str, model: type[BaseModel]) -> None:
    found = list(objects(event, path))
    assert found
    assert [problem for raw in found for problem in lost(model, raw)] == []


def test_the_check_detects_a_lost_value() -> None:
    class Wrong(BaseModel):
        number: int | None = None
        labels: tuple[str, ...] = ()

    assert lost(Wrong, {"number": None, "labels": []}) == []
    assert lost(Wrong, {"number": 5, "labels": ["a"]}) == []
    assert lost(type("Narrow", (Wrong,), {"model_config": {"extra": "ignore"}}), {"number": "5", "labels": ["a"]}) == [
        "Narrow.number: '5' became 5"
    ]

"""Workflows, their runs, and what runs leave behind."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from github_mcp.models.actions.actions import Step
from github_mcp.models.wire import Name, Title, Wire, at
from servicekit.schema import Missing, Record

EVENTS: Final = (
    "push", "pull_request", "pull_request_target", "schedule", "workflow_dispatch", "repository_dispatch", "release",
    "merge_group", "workflow_run", "workflow_call", "create", "delete", "deployment", "deployment_status",
    "issue_comment", "issues", "label", "milestone", "pull_request_review", "pull_request_review_comment",
    "discussion", "discussion_comment", "check_run", "check_suite", "fork", "gollum", "page_build", "public",
    "branch_protection_rule", "registry_package", "status", "watch", "dynamic",
)  # fmt: skip
"""What starts runs (GitHub: events that trigger workflows), and `dynamic` for GitHub's own workflows."""


class Workflow(Wire):
    """A workflow. dispatch_workflow starts an active one whose file has the trigger workflow_dispatch."""

    id: int
    name: Name | None = None
    path: Name = ""
    state: Name | None = None

    @property
    def file(self) -> str:
        """The name of its file, by which GitHub knows it too; its id without one."""
        return self.path.rpartition("/")[2] or str(self.id)


def _numbers(value: object) -> object:
    """Pull requests as their numbers."""
    items = value if isinstance(value, list) else []
    return tuple(item["number"] for item in items if isinstance(item, dict) and isinstance(item.get("number"), int))


class RunSummary(Wire):
    """A run of a workflow."""

    id: int
    workflow: Name | None = at("name")
    title: Title | None = at("display_title")
    event: Name | None = None
    status: Name | None = None
    conclusion: Name | None = None
    branch: Name | None = at("head_branch")
    head_sha: str | None = None
    attempt: int | None = at("run_attempt")
    actor: Name | None = at("actor", "login")
    pull_requests: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()
    created_at: datetime | None = None
    started_at: datetime | None = at("run_started_at")
    updated_at: datetime | None = None
    url: str | None = at("html_url")


class RunStep(Record):
    """A step of a job."""

    name: Name
    result: Annotated[Name | None, Field(description="Conclusion, or status of one that has not ended.")] = None
    seconds: int | None = None

    @classmethod
    def of(cls, step: Step) -> "RunStep":
        start, end = step.started_at, step.completed_at
        seconds = round((end - start).total_seconds()) if start is not None and end is not None else None
        return cls(name=step.name, result=step.conclusion or step.status, seconds=seconds)


class RunJob(Record):
    """A job of a run, with its steps unless it succeeded."""

    job_id: int
    name: Name
    status: Name | None = None
    conclusion: Name | None = None
    attempt: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    steps: list[RunStep] | None = None


class Artifact(Wire):
    """Files that a run stored. After `expires_at` GitHub deletes them."""

    id: int
    name: Name
    bytes: int | None = at("size_in_bytes")
    expired: bool | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None


class Attempt(Wire):
    """An earlier attempt of a run."""

    attempt: int | None = at("run_attempt")
    status: Name | None = None
    conclusion: Name | None = None
    started_at: datetime | None = at("run_started_at")


class WorkflowRun(Record):
    """A run with its jobs, artifacts and earlier attempts."""

    run: RunSummary
    jobs: list[RunJob]
    artifacts: list[Artifact]
    earlier_attempts: list[Attempt]
    notice: str | None = None
    missing: list[Missing] | None = None

"""Checks, jobs and their logs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from github_mcp.models.wire import Body, Code, Name, Wire, at
from servicekit.schema import Missing, Record


class CheckRun(Wire):
    """A check of a commit, or a status that another service set.

    Only a check has an `id`. For GitHub Actions it is also the job_id of get_job_logs.
    """

    id: int | None = None
    name: Name
    status: Name | None = None
    conclusion: Name | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    app: Name | None = at("app", "slug")
    description: Body | None = None
    url: str | None = at("html_url")


class CommitStatus(Wire):
    """A commit status as GitHub sends it: the other way in which services report on a commit."""

    context: Name
    state: Name
    description: Body | None = None
    target_url: Name | None = None
    updated_at: datetime | None = None

    def as_check(self) -> CheckRun:
        """The same as a check."""
        is_done = self.state != "pending"
        return CheckRun.model_validate(
            {
                "name": self.context,
                "status": "completed" if is_done else "in_progress",
                "conclusion": self.state if is_done else None,
                "completed_at": self.updated_at if is_done else None,
                "description": self.description,
                "html_url": self.target_url,
            }
        )


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks and statuses of a commit, and which of the two could not be had."""

    checks: list[CheckRun]
    missing: list[Missing]


class CheckRuns(Record):
    """The checks and statuses of one commit."""

    ref: str
    failed: Annotated[list[Name], Field(description="Names of checks that failed, timed out or were cancelled.")]
    checks: list[CheckRun]
    notice: str | None = None
    missing: list[Missing] | None = None


class Step(Wire):
    """A step of a job."""

    name: Name
    number: int = 0
    conclusion: Name | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Job(Wire):
    """A job of a workflow run."""

    id: int
    run_id: int | None = None
    name: Name
    status: Name | None = None
    conclusion: Name | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class NoLog:
    """Why a job has no log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Log:
    """A job's log, or the end of a very long one.

    Attributes:
        left_out: number of lines omitted before `text`.
    """

    text: str
    left_out: int = 0


class JobLog(Record):
    """The end of a job's log, or of the failed step's part of it."""

    job_id: int
    name: Name
    conclusion: Name | None = None
    failed_steps: tuple[Name, ...] = ()
    text: Code
    first_line: int
    last_line: int
    total_lines: int
    notice: str | None = None
    whole: Annotated[str, Field(description="URI of the resource with the complete log.")]


class JobLogs(Record):
    """Logs of a run's jobs, failed ones first."""

    logs: list[JobLog]
    notice: str | None = None
    missing: list[Missing] | None = None

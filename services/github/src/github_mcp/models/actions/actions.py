"""Jobs of workflow runs, and their logs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from github_mcp.models.wire import Code, Name, Names, Wire
from servicekit.schema import Missing, Record


class Step(Wire):
    """A step of a job."""

    name: Name
    number: int = 0
    status: Name | None = None
    conclusion: Name | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Job(Wire):
    """A job of a workflow run. Its name is unknown where GitHub does not show the job.

    Attributes:
        labels: of the runner that it needs.
    """

    id: int
    run_id: int | None = None
    name: Name = "unknown name"
    status: Name | None = None
    conclusion: Name | None = None
    run_attempt: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    labels: Names = ()
    steps: tuple[Step, ...] = ()

    @property
    def began_no_step(self) -> bool:
        """Whether it certainly has no step; servers that leave steps out do not show it."""
        return "steps" in self.model_fields_set and not self.steps

    @property
    def state(self) -> str:
        """Its conclusion, or how far it is."""
        return self.conclusion or self.status or "not ended"


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
    run_id: int | None = None
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
    """Logs of jobs, failed ones first."""

    head_sha: Annotated[str | None, Field(description="Of the pull request.")] = None
    logs: list[JobLog]
    notice: str | None = None
    missing: list[Missing] | None = None

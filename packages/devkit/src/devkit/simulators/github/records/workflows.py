"""Workflow runs with their jobs and artifacts, and commit statuses, of the simulated GitHub."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from devkit.simulators.github.records.accounts import Account

JobStatus = Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"]
_SUITES = 2**40
CI = ".github/workflows/ci.yml"


@dataclass
class Step:
    """A step of a job. One that has not ended has no conclusion."""

    name: str
    conclusion: str | None
    lines: list[str]


@dataclass
class Job:
    """A job of a workflow run.

    Attributes:
        log_status: HTTP status of its log: 404 if it never began, 410 once it has expired.
        result: its conclusion, where it does not follow from the steps.
        annotations: what GitHub says about the job itself, such as why it did not start.
    """

    id: int
    name: str
    steps: list[Step]
    attempt: int = 1
    log_status: int = 200
    result: str | None = None
    status: JobStatus = "completed"
    annotations: list[str] = field(default_factory=list)

    @property
    def conclusion(self) -> str | None:
        """What came out of it; None before it ends."""
        if self.status != "completed":
            return None
        if self.result is not None:
            return self.result
        return "failure" if any(step.conclusion == "failure" for step in self.steps) else "success"


@dataclass
class Artifact:
    """Files that a run stored."""

    id: int
    name: str
    size: int
    created_at: datetime
    expires_at: datetime


@dataclass
class Status:
    """A status that a service set for a commit."""

    id: int
    sha: str
    context: str
    state: Literal["success", "failure", "error", "pending"]
    description: str
    target_url: str | None
    created_at: datetime


@dataclass
class Run:
    """A run of a workflow.

    Attributes:
        jobs: of every attempt.
        started_at: when the latest attempt started.
        earlier_starts: when each earlier attempt started.
        result: its conclusion, where it does not follow from the jobs, such as startup_failure.
        head_full_name: the fork that the commit is from; empty for the repository itself.
        inputs: of a run that was started by hand.
    """

    id: int
    name: str
    head_branch: str
    head_sha: str
    created_at: datetime
    jobs: list[Job]
    attempt: int = 1
    started_at: datetime | None = None
    event: str = "push"
    path: str = CI
    number: int = 1
    actor: Account | None = None
    result: str | None = None
    artifacts: list[Artifact] = field(default_factory=list)
    earlier_starts: list[datetime] = field(default_factory=list)
    head_full_name: str = ""
    inputs: dict[str, str] = field(default_factory=dict)

    @property
    def suite_id(self) -> int:
        """The id of its check suite."""
        return _SUITES + self.id

    def jobs_of(self, attempt: int | None = None) -> list[Job]:
        """The jobs of an attempt, with those that it took over from earlier ones; of the latest by default."""
        last = self.attempt if attempt is None else attempt
        return list({job.name: job for job in self.jobs if job.attempt <= last}.values())

    def started(self, attempt: int | None = None) -> datetime:
        """When an attempt started; the latest by default."""
        if attempt is not None and attempt <= len(self.earlier_starts):
            return self.earlier_starts[attempt - 1]
        return self.started_at or self.created_at

    def status(self, attempt: int | None = None) -> str:
        """``completed``, or the furthest state of its jobs."""
        found = {job.status for job in self.jobs_of(attempt)}
        if self.result is not None or found <= {"completed"}:
            return "completed"
        return "in_progress" if found & {"in_progress", "completed"} else min(found)

    def conclusion(self, attempt: int | None = None) -> str | None:
        """What came out of it; None before it ends."""
        if self.result is not None or self.status(attempt) != "completed":
            return self.result
        found = {job.conclusion for job in self.jobs_of(attempt)}
        bad = [one for one in ("failure", "timed_out", "cancelled") if one in found]
        return bad[0] if bad else "skipped" if found == {"skipped"} else "success"

    def restart(self, now: datetime) -> None:
        """Begin another attempt."""
        self.earlier_starts.append(self.started())
        self.attempt, self.started_at = self.attempt + 1, now

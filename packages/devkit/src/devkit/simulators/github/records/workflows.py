"""Workflow runs with their jobs, and commit statuses, of the simulated GitHub."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass
class Step:
    """A step of a job."""

    name: str
    conclusion: str
    lines: list[str]


@dataclass
class Job:
    """A job of a workflow run."""

    id: int
    name: str
    steps: list[Step]
    attempt: int = 1
    log_status: int = 200
    """HTTP status of its log: 404 if it never began, 410 once it has expired."""
    is_cancelled: bool = False

    @property
    def conclusion(self) -> str:
        if self.is_cancelled:
            return "cancelled"
        return "failure" if any(step.conclusion == "failure" for step in self.steps) else "success"


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
    """A run of a workflow."""

    id: int
    name: str
    head_branch: str
    head_sha: str
    created_at: datetime
    jobs: list[Job]
    attempt: int = 1
    started_at: datetime | None = None

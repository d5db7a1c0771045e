"""Workflows and what starts, repeats and stops their runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from github_mcp.models.actions.workflow_inputs import Value
from github_mcp.models.actions.workflow_runs import RunSummary, Workflow, WorkflowRun
from github_mcp.models.changes import Cancelled, Rerun, StartedRun
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import CursorKey, Page

RunStatus = Literal[
    "success",
    "failure",
    "cancelled",
    "timed_out",
    "skipped",
    "neutral",
    "action_required",
    "stale",
    "completed",
    "in_progress",
    "queued",
    "requested",
    "waiting",
    "pending",
]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted."""

    workflow: str | None = None
    branch: str | None = None
    event: str | None = None
    status: RunStatus | None = None
    actor: str | None = None
    head_sha: str | None = None
    pull_number: int | None = None


class Workflows(Protocol):
    """Workflows and their runs."""

    async def workflows(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Workflow]: ...
    async def runs(
        self, repository: RepositoryName, wanted: RunFilter, limit: int, cursor: CursorKey | None
    ) -> Page[RunSummary]: ...
    async def run(
        self, repository: RepositoryName, run_id: int, attempt: int | None, *, all_steps: bool
    ) -> WorkflowRun: ...


class RunControl(Protocol):
    """Repeats and stops runs."""

    async def rerun(self, repository: RepositoryName, run_id: int, *, failed_only: bool) -> Rerun: ...
    async def rerun_job(self, repository: RepositoryName, job_id: int) -> Rerun: ...
    async def cancel(self, repository: RepositoryName, run_id: int, *, force: bool) -> Cancelled: ...
    async def find_cancelled(self, repository: RepositoryName, run_id: int) -> Cancelled | None: ...


class Dispatches(Protocol):
    """Starts workflows by hand."""

    async def dispatch(
        self, repository: RepositoryName, workflow: str, ref: str | None, inputs: Mapping[str, Value]
    ) -> StartedRun: ...
    async def find_dispatched(self, repository: RepositoryName, workflow: str, ref: str | None) -> StartedRun | None:
        """The run that an earlier attempt at the current write started."""
        ...

"""Workflow runs as far as their logs need them."""

from typing import Protocol

from github_mcp.models.actions.actions import Job, Log, NoLog
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import Missing


class Actions(Protocol):
    """Runs, jobs and logs."""

    async def runs_of(self, repository: RepositoryName, sha: str) -> list[RunState]:
        """The latest run of each workflow and event for a commit."""
        ...

    async def run(self, repository: RepositoryName, run_id: int, *, current: bool = False) -> RunState: ...
    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]: ...
    async def job(self, repository: RepositoryName, job_id: int) -> tuple[Job, Missing | None]:
        """A job; where only its log may be had, a job without details and why they are missing."""
        ...

    async def log(self, repository: RepositoryName, job: Job) -> Log | NoLog:
        """A job's log, or why there is none."""
        ...

"""Checks and workflow runs."""

from datetime import datetime
from typing import Protocol

from github_mcp.models.actions import Checks, Job, Log, NoLog
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import RepositoryName


class Actions(Protocol):
    """Checks and workflow runs."""

    async def checks(self, repository: RepositoryName, ref: str) -> Checks: ...
    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]: ...
    async def job(self, repository: RepositoryName, job_id: int) -> Job: ...
    async def log(self, repository: RepositoryName, job_id: int) -> Log | NoLog:
        """A job's log, or why there is none."""
        ...

    async def rerun_failed(self, repository: RepositoryName, run_id: int) -> Rerun: ...
    async def attempt(self, repository: RepositoryName, run_id: int) -> tuple[int, datetime | None]:
        """The number of the latest attempt, and when it started."""
        ...

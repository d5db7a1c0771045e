"""Checks, workflow runs and logs at GitHub."""

from dataclasses import replace
from datetime import datetime

from github_mcp.adapters.api import GitHubApi, Model, Request, parsed, parsed_list
from github_mcp.adapters.paging import Fetched, everything, fetched
from github_mcp.models.actions import CheckRun, Job, Log
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.wire import Wire
from servicekit.core import off_loop


class _Run(Wire):
    """The fields of a workflow run that a rerun needs."""

    run_attempt: int = 1
    run_started_at: datetime | None = None


class GitHubActions:
    """Implements `Actions`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def checks(self, repository: RepositoryName, ref: str) -> list[CheckRun]:
        """The latest check of each name."""
        request = Request(("commits", *ref.split("/"), "check-runs"), f"commit {ref} in {repository.full}")
        return await self._all(CheckRun, repository, request, "check_runs")

    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]:
        """The jobs of the run's latest attempt."""
        query = {"filter": "latest"}
        request = Request(("actions", "runs", run_id, "jobs"), f"run {run_id} in {repository.full}", query)
        return await self._all(Job, repository, request, "jobs")

    async def job(self, repository: RepositoryName, job_id: int) -> Job:
        request = Request(("actions", "jobs", job_id), f"job {job_id} in {repository.full}")
        return parsed(Job, (await self._api.read(repository, request)).json())

    async def log(self, repository: RepositoryName, job_id: int) -> Log:
        """A job's log. GitHub redirects to another host, which gets no credentials."""
        what = f"log of job {job_id} in {repository.full}"
        request = Request(("actions", "jobs", job_id, "logs"), what, json=False, follow=True, end=True)
        reply = await self._api.read(repository, request)
        return Log(await off_loop(len(reply.body), reply.text), reply.omitted_lines)

    async def rerun_failed(self, repository: RepositoryName, run_id: int) -> Rerun:
        """Restart the failed jobs."""
        attempt, _ = await self.attempt(repository, run_id)
        what = f"run {run_id} in {repository.full}"
        request = Request(("actions", "runs", run_id, "rerun-failed-jobs"), what, json=False)
        await self._api.write(repository, "POST", request, None)
        return Rerun(run_id=run_id, attempt=attempt + 1)

    async def attempt(self, repository: RepositoryName, run_id: int) -> tuple[int, datetime | None]:
        """The number of the latest attempt, and when it started."""
        request = Request(("actions", "runs", run_id), f"run {run_id} in {repository.full}", current=True)
        run = parsed(_Run, (await self._api.read(repository, request)).json())
        return run.run_attempt, run.run_started_at

    async def _all(self, model: type[Model], repository: RepositoryName, request: Request, key: str) -> list[Model]:
        async def fetch(number: int, size: int) -> Fetched[Model]:
            page = replace(request, query={**(request.query or {}), "per_page": size, "page": number})
            reply = await self._api.read(repository, page)
            return fetched(reply, parsed_list(model, reply.json(), key), size)

        return await everything(fetch)

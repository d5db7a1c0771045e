"""Checks, workflow runs and logs at GitHub."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

from github_mcp.adapters.api import GitHubApi, Model, Request, parsed, parsed_list
from github_mcp.adapters.errors import UNKNOWN_REF, RefusedByGitHub
from github_mcp.adapters.known_names import KnownNames
from github_mcp.adapters.paging import Fetched, everything, fetched
from github_mcp.models.actions import CheckRun, Checks, CommitStatus, Job, Log, NoLog
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.wire import Wire
from servicekit.core import Refused, Unavailable, off_loop
from servicekit.schema import Missing

_NO_LOG: Final = {
    404: "GitHub has no log of this job: it has not begun, or was cancelled or skipped before its first step.",
    410: "GitHub has deleted this log: logs expire, by default after 90 days. Rerun the job for a new one.",
}


class _Run(Wire):
    """The fields of a workflow run that a rerun needs."""

    run_attempt: int = 1
    run_started_at: datetime | None = None


class GitHubActions:
    """Implements `Actions`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def checks(self, repository: RepositoryName, ref: str) -> Checks:
        """The latest check of each name, and the latest status of each context, read concurrently.

        GitHub keeps the two apart, and a token may have the right to read only one of them.
        """
        found: list[CheckRun] = []
        failures: dict[str, Refused | Unavailable] = {}
        await self._api.access.reading(repository)
        parts = {"check runs": self._check_runs(repository, ref), "commit statuses": self._statuses(repository, ref)}
        for part, result in zip(parts, await asyncio.gather(*parts.values(), return_exceptions=True), strict=True):
            if isinstance(result, (Refused, Unavailable)):
                failures[part] = result
            elif isinstance(result, BaseException):
                raise result
            else:
                found += result
        if len(failures) == len(parts):
            if all(isinstance(one, RefusedByGitHub) and one.status in UNKNOWN_REF for one in failures.values()):
                raise await self._names.no_ref(repository, ref)
            raise next(iter(failures.values()))
        return Checks(found, [Missing(part=part, reason=str(failure)) for part, failure in failures.items()])

    async def _check_runs(self, repository: RepositoryName, ref: str) -> list[CheckRun]:
        request = Request(("commits", ref, "check-runs"), f"commit {ref} in {repository.full}")
        return await self._all(CheckRun, repository, request, "check_runs")

    async def _statuses(self, repository: RepositoryName, ref: str) -> list[CheckRun]:
        request = Request(("commits", ref, "status"), f"commit {ref} in {repository.full}")
        return [one.as_check() for one in await self._all(CommitStatus, repository, request, "statuses")]

    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]:
        """The jobs of the run's latest attempt."""
        query = {"filter": "latest"}
        request = Request(("actions", "runs", run_id, "jobs"), f"run {run_id} in {repository.full}", query)
        return await self._all(Job, repository, request, "jobs")

    async def job(self, repository: RepositoryName, job_id: int) -> Job:
        request = Request(("actions", "jobs", job_id), f"job {job_id} in {repository.full}")
        return parsed(Job, (await self._api.read(repository, request)).json())

    async def log(self, repository: RepositoryName, job_id: int) -> Log | NoLog:
        """A job's log, or why there is none. GitHub redirects to another host, which gets no credentials."""
        what = f"log of job {job_id} in {repository.full}"
        request = Request(("actions", "jobs", job_id, "logs"), what, json=False, follow=True, end=True)
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            return NoLog(_NO_LOG.get(refused.status, str(refused)))
        except Unavailable as failure:
            return NoLog(str(failure))
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

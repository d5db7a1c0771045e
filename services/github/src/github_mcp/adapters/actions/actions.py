"""Workflow runs, jobs and logs at GitHub."""

from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.numbered_lists import whole_list
from github_mcp.models.actions.absent_logs import EXPIRED, has_not_begun, not_found, not_yet
from github_mcp.models.actions.actions import Job, Log, NoLog
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused, Unavailable, off_loop
from servicekit.schema import Missing
from servicekit.upstream import said_by

_MOST_ANNOTATIONS: Final = 5


class GitHubActions:
    """Implements `Actions`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def runs_of(self, repository: RepositoryName, sha: str) -> list[RunState]:
        """The latest run of each workflow and event for a commit."""
        request = Request(("actions", "runs"), f"runs of commit {sha} in {repository.full}", {"head_sha": sha})
        latest: dict[Any, RunState] = {}
        for run in await whole_list(self._api, RunState, repository, request, "workflow_runs"):
            key = run.id if run.workflow_id is None else (run.workflow_id, run.event)
            if key not in latest or run.id > latest[key].id:
                latest[key] = run
        return list(latest.values())

    async def run(self, repository: RepositoryName, run_id: int, *, current: bool = False) -> RunState:
        """The state of a run."""
        request = Request(("actions", "runs", run_id), f"run {run_id} in {repository.full}", current=current)
        found = parsed(RunState, (await self._api.read(repository, request)).json())
        return found.model_copy(update={"id": run_id})

    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]:
        """The jobs of the run's latest attempt."""
        query = {"filter": "latest"}
        request = Request(("actions", "runs", run_id, "jobs"), f"run {run_id} in {repository.full}", query)
        found = await whole_list(self._api, Job, repository, request, "jobs")
        return [job if job.run_id is not None else job.model_copy(update={"run_id": run_id}) for job in found]

    async def job(self, repository: RepositoryName, job_id: int) -> tuple[Job, Missing | None]:
        """A job; where only its log may be had, a job without details and why they are missing.

        Raises:
            Refused: there is no such job.
        """
        what = f"job {job_id} in {repository.full}"
        await self._api.access.reading(repository)
        try:
            return parsed(
                Job, (await self._api.read(repository, Request(("actions", "jobs", job_id), what))).json()
            ), None
        except RefusedByGitHub as refused:
            if refused.status == 404:
                raise
            reason = str(refused)
        except Unavailable as failure:
            reason = str(failure)
        return Job(id=job_id), Missing(part=f"name, result and steps of job {job_id}", reason=reason)

    async def log(self, repository: RepositoryName, job: Job) -> Log | NoLog:
        """A job's log, or why there is none. GitHub redirects to another host, which gets no credentials."""
        if (reason := not_yet(job)) is not None:
            return NoLog(reason)
        what = f"log of job {job.id} in {repository.full}"
        request = Request(("actions", "jobs", job.id, "logs"), what, json=False, follow=True, end=True)
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status == 410:
                return NoLog(EXPIRED)
            if refused.status != 404:
                return NoLog(str(refused))
            notes = await self._notes(repository, job.id) if has_not_begun(job) else ""
            return NoLog(f"{not_found(job)}{notes}")
        except Unavailable as failure:
            return NoLog(str(failure))
        return Log(await off_loop(len(reply.body), reply.text), reply.omitted_lines)

    async def _notes(self, repository: RepositoryName, job_id: int) -> str:
        """What GitHub noted about a job that did not start; empty where there is nothing, or it cannot be read."""
        request = Request(("check-runs", job_id, "annotations"), f"notes on job {job_id}", {"per_page": 20})
        try:
            found = (await self._api.read(repository, request)).json()
        except (Refused, Unavailable):
            return ""
        notes = [one.get("message") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return said_by("GitHub", notes[:_MOST_ANNOTATIONS])

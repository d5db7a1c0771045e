"""Tools for GitHub Actions: checks, job logs, reruns."""

from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions import CheckRuns, Job, JobLogs
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import JobId, Owner, Ref, Repo, RepositoryName, RunId
from github_mcp.models.logs import BAD, tail_of
from github_mcp.ports import Actions
from servicekit.core import Refused
from servicekit.schema import show_line

TailLines = Annotated[
    int, Field(ge=1, le=1000, description="Lines of each log, 1 to 1000; by default a few, which saves tokens.")
]
FailedOnly = Annotated[bool, Field(description="Only failed jobs of the run.")]
CommitRef = Annotated[Ref, Field(description="Commit SHA, branch or tag; of a pull request, its head_sha.")]
_MOST_CHECKS: Final = 100
_MOST_LOGS: Final = 5


class ActionTools:
    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def get_check_runs(self, owner: Owner, repo: Repo, ref: CommitRef) -> CheckRuns:
        """CI status (checks, build, pipeline) of a branch, commit or pull request (PR): whether tests passed (green),
        fail (red) or are not done."""
        checks = await self._actions.checks(RepositoryName(owner, repo), ref)
        checks.sort(key=lambda check: check.conclusion not in BAD)
        failed = [check.name for check in checks if check.conclusion in BAD]
        notice = "This commit has no checks." if not checks else None
        if len(checks) > _MOST_CHECKS:
            notice = f"Of {len(checks)} checks, {_MOST_CHECKS} are shown, failed ones first."
        return CheckRuns(ref=ref, failed=failed, checks=checks[:_MOST_CHECKS], notice=notice)

    async def get_job_logs(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId | None = None,
        job_id: JobId | None = None,
        failed_only: FailedOnly = True,
        tail_lines: TailLines | None = None,
    ) -> JobLogs:
        """Why a build or test run failed: the last lines of the log (output, error) of a CI job, failed ones unless
        failed_only=false.

        `whole` is the URI of the complete log.
        """
        repository = RepositoryName(owner, repo)
        jobs, notice = await self._jobs(repository, run_id, job_id, failed_only=failed_only)
        logs = []
        for job in jobs:
            text = await self._actions.log(repository, job.id)
            logs.append(tail_of(repository, job, text, tail_lines, shared_by=len(jobs)))
        return JobLogs(logs=logs, notice=notice)

    async def rerun_failed_jobs(self, owner: Owner, repo: Repo, run_id: RunId) -> Rerun:
        """Run the failed jobs of a CI run again (retry, restart), for example after a flaky test."""
        return await self._actions.rerun_failed(RepositoryName(owner, repo), run_id)

    async def _jobs(
        self, repository: RepositoryName, run_id: int | None, job_id: int | None, *, failed_only: bool
    ) -> tuple[list[Job], str | None]:
        """The jobs to show, and a notice about jobs left out."""
        if (run_id is None) == (job_id is None):
            raise Refused("Give either run_id, for the jobs of a run, or job_id, for one job; not both.")
        if job_id is not None:
            return [await self._actions.job(repository, job_id)], None
        jobs = await self._actions.jobs(repository, run_id or 0)
        chosen = [job for job in jobs if job.conclusion in BAD] if failed_only else jobs
        chosen.sort(key=lambda job: job.conclusion not in BAD)
        if not chosen:
            return [], f"None of the {len(jobs)} jobs of this run failed. Set failed_only=false to see their logs."
        if len(chosen) > _MOST_LOGS:
            names = ", ".join(show_line(job.name) for job in chosen[_MOST_LOGS:])
            return chosen[:_MOST_LOGS], f"Not shown: {names}. Read one with its job_id from get_check_runs."
        return chosen, None

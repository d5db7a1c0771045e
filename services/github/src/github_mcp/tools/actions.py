"""GitHub Actions: checks, logs, and running again what failed."""

from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions import CheckRuns, Job, JobLogs
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import JobId, Owner, Ref, Repo, RepositoryName, RunId
from github_mcp.models.logs import BAD, tail_of
from github_mcp.ports import Actions
from servicekit.core import Refused

TailLines = Annotated[int, Field(ge=1, le=1000, description="How many lines of each job's log, 1 to 1000.")]
FailedOnly = Annotated[bool, Field(description="Only the jobs of the run that failed.")]
CommitRef = Annotated[Ref, Field(description="Commit SHA, branch or tag, such as a pull request's head_sha.")]
_MOST_CHECKS: Final = 100
_MOST_LOGS: Final = 5


class ActionTools:
    """Checks and logs."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def get_check_runs(self, owner: Owner, repo: Repo, ref: CommitRef) -> CheckRuns:
        """See the checks of a commit, and which of them failed. Next: get_job_logs with the id of a failed one."""
        checks = await self._actions.checks(RepositoryName(owner, repo), ref)
        checks.sort(key=lambda check: check.conclusion not in BAD)
        failed = [check.name for check in checks if check.conclusion in BAD]
        notice = "There are no checks for this commit." if not checks else None
        if len(checks) > _MOST_CHECKS:
            notice = f"Of {len(checks)} checks, {_MOST_CHECKS} are shown: first those that failed."
        return CheckRuns(ref=ref, failed=failed, checks=checks[:_MOST_CHECKS], notice=notice)

    async def get_job_logs(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId | None = None,
        job_id: JobId | None = None,
        failed_only: FailedOnly = True,
        tail_lines: TailLines = 200,
    ) -> JobLogs:
        """Read why a job failed: the end of the failed step's log, of one job (job_id) or of a run's jobs (run_id).

        A job that did not fail is shown with failed_only=false. Each log's `whole` is the resource with all of it.
        """
        repository = RepositoryName(owner, repo)
        jobs, notice = await self._jobs(repository, run_id, job_id, failed_only=failed_only)
        logs = []
        for job in jobs:
            text = await self._actions.log(repository, job.id)
            logs.append(tail_of(repository, job, text, tail_lines, shared_by=len(jobs)))
        return JobLogs(logs=logs, notice=notice)

    async def rerun_failed_jobs(self, owner: Owner, repo: Repo, run_id: RunId) -> Rerun:
        """Run the failed jobs of a workflow run once more. Read get_job_logs first: what fails for a reason fails
        again."""
        return await self._actions.rerun_failed(RepositoryName(owner, repo), run_id)

    async def _jobs(
        self, repository: RepositoryName, run_id: int | None, job_id: int | None, *, failed_only: bool
    ) -> tuple[list[Job], str | None]:
        """The jobs to show, and what to say about those that are not."""
        if (run_id is None) == (job_id is None):
            raise Refused("Give run_id, for the jobs of a run, or job_id, for one of them; not both.")
        if job_id is not None:
            return [await self._actions.job(repository, job_id)], None
        jobs = await self._actions.jobs(repository, run_id or 0)
        chosen = [job for job in jobs if job.conclusion in BAD] if failed_only else jobs
        chosen.sort(key=lambda job: job.conclusion not in BAD)
        if not chosen:
            return [], f"None of the {len(jobs)} jobs of this run failed. failed_only=false shows them."
        if len(chosen) > _MOST_LOGS:
            names = ", ".join(job.name for job in chosen[_MOST_LOGS:])
            return chosen[:_MOST_LOGS], f"Not shown: {names}. Ask for one by its job_id."
        return chosen, None

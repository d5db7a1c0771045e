"""Tools for GitHub Actions: checks, job logs, reruns."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions import CheckRuns, Job, JobLogs, Log
from github_mcp.models.changes import Rerun
from github_mcp.models.identifiers import JobId, Owner, Ref, Repo, RepositoryName, RunId
from github_mcp.models.logs import BAD, gravity, tail_of
from github_mcp.ports.actions import Actions
from servicekit.core import Refused, off_loop
from servicekit.schema import Clamped, Missing, cut_notice, show_line

TailLines = Annotated[
    int,
    Field(ge=1, le=1000, description="Lines of each log, 1 to 1000; by default a few, which saves tokens."),
    Clamped(),
]
FailedOnly = Annotated[bool, Field(description="Only failed jobs of the run.")]
CommitRef = Annotated[Ref, Field(description="Commit SHA, branch or tag; of a pull request, its head_sha.")]
_MOST_CHECKS: Final = 100
_MOST_LOGS: Final = 5
_MOST_MISSING: Final = 10
_MOST_NAMED: Final = 20


class ActionTools:
    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def get_check_runs(self, owner: Owner, repo: Repo, ref: CommitRef) -> CheckRuns:
        """CI status (checks, build, pipeline) of a branch, commit or pull request (PR): whether tests passed (green),
        fail (red, broken) or still run."""
        found = await self._actions.checks(RepositoryName(owner, repo), ref)
        checks = sorted(found.checks, key=lambda check: gravity(check.conclusion))
        failed = [check.name for check in checks if check.conclusion in BAD]
        notice = None
        if not checks and not found.missing:
            notice = "This commit has neither checks nor statuses."
        elif len(checks) > _MOST_CHECKS:
            notice = cut_notice(_MOST_CHECKS, len(checks), "checks", "Failed ones come first; `failed` names all.")
        return CheckRuns(
            ref=ref, failed=failed, checks=checks[:_MOST_CHECKS], notice=notice, missing=found.missing or None
        )

    async def get_job_logs(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId | None = None,
        job_id: JobId | None = None,
        failed_only: FailedOnly = True,
        tail_lines: TailLines | None = None,
    ) -> JobLogs:
        """Why a build or test run failed: the last lines of the log (output, error, stack trace) of a CI job, failed
        ones unless failed_only=false.

        `whole` is the URI of the complete log.
        """
        repository = RepositoryName(owner, repo)
        jobs, notice = await self._jobs(repository, run_id, job_id, failed_only=failed_only)
        found, missing, left = await self._logs(repository, jobs)
        if job_id is not None and missing:
            raise Refused(missing[0].reason)
        if left:
            names = ", ".join(f"{job.id} ({show_line(job.name)})" for job in left[:_MOST_NAMED])
            more = " and more" if len(left) > _MOST_NAMED else ""
            next_step = f"Read one of the others by job_id: {names}{more}."
            notice = cut_notice(len(jobs) - len(left), len(jobs), "jobs", next_step)
        logs = [
            await off_loop(len(log.text), tail_of, repository, job, log, tail_lines, shared_by=len(found))
            for job, log in found
        ]
        return JobLogs(logs=logs, notice=notice, missing=missing or None)

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
        running = sum(job.conclusion is None for job in jobs)
        notice = f"{running} of the {len(jobs)} jobs of this run have not ended." if running else None
        if not chosen:
            others = "None of the others failed." if running else f"None of the {len(jobs)} jobs of this run failed."
            notice = " ".join(filter(None, (notice, others, "Set failed_only=false to see their logs.")))
        return sorted(chosen, key=lambda job: gravity(job.conclusion)), notice

    async def _logs(
        self, repository: RepositoryName, jobs: Sequence[Job]
    ) -> tuple[list[tuple[Job, Log]], list[Missing], Sequence[Job]]:
        """The logs of the first jobs that have one, why others have none, and the jobs that are left out."""
        found: list[tuple[Job, Log]] = []
        missing: list[Missing] = []
        for number, job in enumerate(jobs):
            if len(found) == _MOST_LOGS or len(missing) == _MOST_MISSING:
                return found, missing, jobs[number:]
            log = await self._actions.log(repository, job.id)
            if isinstance(log, Log):
                found.append((job, log))
            else:
                part = f"log of job {job.id}, {job.name} ({job.conclusion or 'not ended'})"
                missing.append(Missing(part=part, reason=log.reason))
        return found, missing, ()

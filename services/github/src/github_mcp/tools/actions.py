"""Tools for the logs of GitHub Actions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions.actions import Job, JobLogs, Log
from github_mcp.models.actions.logs import BAD, gravity, tail_of
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.identifiers import JobId, Owner, Repo, RepositoryName, RunId
from github_mcp.ports.actions import Actions
from github_mcp.ports.checks import CommitChecks
from github_mcp.tools.checks import PullNumber
from servicekit.core import Refused, Unavailable, off_loop
from servicekit.schema import Clamped, Missing, cut_notice, show_line

TailLines = Annotated[
    int,
    Field(ge=1, le=1000, description="Lines of each log; few by default."),
    Clamped(),
]
FailedOnly = Annotated[bool, Field(description="Only failed jobs of the run.")]
_MOST_RUNS: Final = 10
_MOST_LOGS: Final = 5
_MOST_MISSING: Final = 10
_MOST_NAMED: Final = 20


@dataclass
class _Found:
    """Jobs whose logs are wanted, and what is known besides."""

    jobs: list[Job] = field(default_factory=list[Job])
    missing: list[Missing] = field(default_factory=list[Missing])
    notices: list[str] = field(default_factory=list[str])
    head_sha: str | None = None


class ActionTools:
    def __init__(self, actions: Actions, checks: CommitChecks) -> None:
        self._actions = actions
        self._checks = checks

    async def get_job_logs(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId | None = None,
        job_id: JobId | None = None,
        pull_number: PullNumber | None = None,
        failed_only: FailedOnly = True,
        tail_lines: TailLines | None = None,
    ) -> JobLogs:
        """Why a build or test run failed: the last lines of the log (output, error, stack trace) of a CI job, failed
        ones unless failed_only=false.

        `whole` is the URI of the complete log.
        """
        repository = RepositoryName(owner, repo)
        if [run_id, job_id, pull_number].count(None) != 2:
            raise Refused(
                "Give one of run_id, for the jobs of a run, job_id, for one job, or pull_number, for the jobs of a "
                "pull request; not several."
            )
        if job_id is not None:
            job, missing = await self._actions.job(repository, job_id)
            wanted = _Found([job], [missing] if missing is not None else [])
        elif run_id is not None:
            wanted = await self._of_run(repository, run_id, failed_only=failed_only)
        else:
            wanted = await self._of_pull(repository, pull_number or 0, failed_only=failed_only)
        found, absent, left = await self._logs(repository, wanted.jobs)
        if left:
            names = ", ".join(f"{job.id} ({show_line(job.name)})" for job in left[:_MOST_NAMED])
            more = " and more" if len(left) > _MOST_NAMED else ""
            next_step = f"Read one of the others by job_id: {names}{more}."
            wanted.notices.insert(0, cut_notice(len(wanted.jobs) - len(left), len(wanted.jobs), "jobs", next_step))
        logs = [
            await off_loop(len(log.text), tail_of, repository, job, log, tail_lines, shared_by=len(found))
            for job, log in found
        ]
        notice = " ".join(wanted.notices) or None
        return JobLogs(head_sha=wanted.head_sha, logs=logs, notice=notice, missing=[*absent, *wanted.missing] or None)

    async def _of_run(self, repository: RepositoryName, run_id: int, *, failed_only: bool) -> _Found:
        """The jobs of a run."""
        jobs = await self._actions.jobs(repository, run_id)
        found = _Found(_by_gravity(jobs, failed_only=failed_only))
        if not jobs:
            run = await self._actions.run(repository, run_id)
            found.missing.append(_no_jobs(run))
        elif (notice := _about(jobs, found.jobs, "this run")) is not None:
            found.notices.append(notice)
        return found

    async def _of_pull(self, repository: RepositoryName, number: int, *, failed_only: bool) -> _Found:
        """The jobs of the latest runs for a pull request's head. Runs that succeeded are read only with all jobs."""
        sha = (await self._checks.head_of_pull(repository, number)).sha
        runs = await self._actions.runs_of(repository, sha)
        found = _Found(head_sha=sha)
        if not runs:
            found.notices.append(
                f"GitHub Actions has no run for the head of #{number}. get_check_runs shows checks of other services."
            )
            return found
        wanted = [run for run in runs if not failed_only or run.conclusion is None or run.conclusion in BAD]
        wanted.sort(key=lambda run: gravity(run.conclusion))
        if len(wanted) > _MOST_RUNS:
            others = ", ".join(str(run.id) for run in wanted[_MOST_RUNS:][:_MOST_NAMED])
            next_step = f"Read the others by run_id: {others}."
            found.notices.append(cut_notice(_MOST_RUNS, len(wanted), "runs", next_step))
        jobs: list[Job] = []
        for run, read in zip(
            wanted[:_MOST_RUNS],
            await asyncio.gather(*(self._jobs_or_reason(repository, run) for run in wanted[:_MOST_RUNS])),
            strict=True,
        ):
            if isinstance(read, Missing):
                found.missing.append(read)
            elif read:
                jobs += read
            else:
                found.missing.append(_no_jobs(run))
        found.jobs = _by_gravity(jobs, failed_only=failed_only)
        if not wanted:
            found.notices.append(f"No run of #{number} failed. get_check_runs shows checks of other services.")
        elif jobs and (notice := _about(jobs, found.jobs, f"the unsuccessful runs of #{number}")) is not None:
            found.notices.append(notice)
        return found

    async def _jobs_or_reason(self, repository: RepositoryName, run: RunState) -> list[Job] | Missing:
        try:
            return await self._actions.jobs(repository, run.id)
        except (Refused, Unavailable) as failure:
            return Missing(part=f"jobs of run {run.id}, {run.name} ({run.state})", reason=str(failure))

    async def _logs(
        self, repository: RepositoryName, jobs: Sequence[Job]
    ) -> tuple[list[tuple[Job, Log]], list[Missing], Sequence[Job]]:
        """The logs of the first jobs that have one, why others have none, and the jobs that are left out."""
        found: list[tuple[Job, Log]] = []
        missing: list[Missing] = []
        place = 0
        while place < len(jobs) and len(found) < _MOST_LOGS and len(missing) < _MOST_MISSING:
            batch = jobs[place : place + min(_MOST_LOGS - len(found), _MOST_MISSING - len(missing))]
            place += len(batch)
            logs = await asyncio.gather(*(self._actions.log(repository, job) for job in batch))
            for job, log in zip(batch, logs, strict=True):
                if isinstance(log, Log):
                    found.append((job, log))
                else:
                    of_run = f" of run {job.run_id}" if job.run_id is not None else ""
                    part = f"log of job {job.id}{of_run}, {job.name} ({job.state})"
                    missing.append(Missing(part=part, reason=log.reason))
        return found, missing, jobs[place:]


def _by_gravity(jobs: Sequence[Job], *, failed_only: bool) -> list[Job]:
    """The jobs to show, failed ones first."""
    chosen = [job for job in jobs if job.conclusion in BAD] if failed_only else jobs
    return sorted(chosen, key=lambda job: gravity(job.conclusion))


def _about(jobs: Sequence[Job], chosen: Sequence[Job], whose: str) -> str | None:
    """How many jobs have not ended, and that none is shown."""
    running = sum(job.conclusion is None for job in jobs)
    words = [f"{running} of the {len(jobs)} jobs of {whose} have not ended."] if running else []
    if not chosen:
        others = "None of the others failed." if running else f"None of the {len(jobs)} jobs of {whose} failed."
        others = others if len(jobs) > 1 or running else f"The only job of {whose} did not fail."
        words += [others, "Set failed_only=false to see all logs."]
    return " ".join(words) or None


def _no_jobs(run: RunState) -> Missing:
    return Missing(part=f"jobs of run {run.id}, {run.name} ({run.state})", reason=run.why_no_jobs())

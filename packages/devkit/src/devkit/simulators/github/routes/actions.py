"""Checks, workflow runs, jobs and their logs."""

import secrets
from typing import Any

from devkit.simulators.github.api_request import Ask
from devkit.simulators.github.responses import ApiError, Reply, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.actions import check_run, job_object, log_text, run_object
from devkit.simulators.github.world import Job, Repository, Run, Step


def check_runs(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/commits/{ref}/check-runs."""
    repository = ask.repository()
    sha = ask.commit(repository, ask.values["ref"])
    found = [(run, job) for run in repository.runs if run.head_sha == sha for job in _latest(run)]
    return ask.page(found, lambda pair: check_run(ask.urls, repository, *pair), wrap="check_runs")


def runs(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/actions/runs."""
    repository, query = ask.repository(), ask.query
    found = [
        run
        for run in reversed(repository.runs)
        if query.get("branch", run.head_branch) == run.head_branch
        and query.get("head_sha", run.head_sha) == run.head_sha
    ]
    return ask.page(found, lambda run: run_object(ask.urls, repository, run), wrap="workflow_runs")


def one_run(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}."""
    repository = ask.repository()
    return run_object(ask.urls, repository, _run(ask, repository))


def jobs(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs."""
    repository = ask.repository()
    run = _run(ask, repository)
    found = run.jobs if ask.query.get("filter") == "all" else _latest(run)
    return ask.page(found, lambda job: job_object(ask.urls, repository, run, job), wrap="jobs")


def one_job(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}."""
    repository = ask.repository()
    return job_object(ask.urls, repository, *_job(ask, repository))


def job_logs(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs: a redirect to a signed URL, good without a token."""
    repository = ask.repository()
    ask.signed_in()
    _, job = _job(ask, repository)
    # github.com keeps logs on another host than the API; here the other name of this machine.
    base = ask.urls.api if ask.variant is not None else ask.urls.web.replace("//127.0.0.1:", "//localhost:")
    url = f"{base}/_logs/{repository.id}/{job.id}?sig={secrets.token_urlsafe(16)}"
    return Reply(b"", 302, {"Location": url}, "text/html; charset=utf-8")


def signed_log(ask: Ask) -> Reply:
    """The log itself, at the signed URL. It refuses a token, as blob storage does: none belongs there."""
    if ask.token is not None and ask.variant is None:
        raise ApiError(400, "Only the signature may be given")
    repository = ask.world.by_id(ask.number("repository"))
    if repository is None or not ask.query.get("sig"):
        raise not_found()
    return Reply(log_text(*_job(ask, repository)), media="text/plain; charset=utf-8")


def rerun_failed_jobs(ask: Ask) -> Reply:
    """POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs: they all succeed the second time."""
    repository = ask.own_repository()
    run = _run(ask, repository)
    failed = [job for job in _latest(run) if job.conclusion == "failure"]
    if not failed:
        raise ApiError(403, "This workflow run has no failed jobs to rerun")
    run.attempt, run.started_at = run.attempt + 1, ask.world.now()
    for job in failed:
        steps = [Step(step.name, "success", ["Done."]) for step in job.steps]
        run.jobs.append(Job(ask.world.new_id(), job.name, steps, run.attempt))
    return Reply({}, 201)


def _latest(run: Run) -> list[Job]:
    return list({job.name: job for job in run.jobs}.values())


def _run(ask: Ask, repository: Repository) -> Run:
    number = ask.number("run_id")
    for run in repository.runs:
        if run.id == number:
            return run
    raise not_found()


def _job(ask: Ask, repository: Repository) -> tuple[Run, Job]:
    number = ask.number("job_id")
    for run in repository.runs:
        for job in run.jobs:
            if job.id == number:
                return run, job
    raise not_found()


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs", check_runs),
    ("GET", "/repos/{owner}/{repo}/actions/runs", runs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", one_run),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", jobs),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}", one_job),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", job_logs),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs", rerun_failed_jobs),
)

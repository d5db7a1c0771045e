"""Checks, workflow runs, jobs and their logs."""

import secrets
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Step
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.actions import (
    check_run,
    job_object,
    log_text,
    run_object,
    status_object,
)
from devkit.simulators.github.serializers.repositories import minimal_repository


def check_runs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/commits/{ref}/check-runs."""
    repository = request.repository()
    sha = request.commit(repository, request.values["ref"])
    found = [(run, job) for run in repository.runs if run.head_sha == sha for job in _latest(run)]
    return request.page(found, lambda pair: check_run(request.urls, repository, *pair), wrap="check_runs")


def combined_status(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/commits/{ref}/status: the latest status of each context."""
    repository = request.repository()
    sha = request.commit(repository, request.values["ref"])
    latest = {one.context: one for one in repository.statuses if one.sha == sha}
    states = {one.state for one in latest.values()}
    bad = states & {"failure", "error"}
    state = "failure" if bad else "success" if states == {"success"} else "pending"
    rest: dict[str, Any] = {
        "state": state,
        "sha": sha,
        "repository": minimal_repository(request.urls, repository),
        "commit_url": request.urls.repository(repository, "commits", sha),
        "url": request.urls.repository(repository, "commits", sha, "status"),
    }
    return request.page(latest.values(), lambda one: status_object(request.urls, repository, one), "statuses", **rest)


def runs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs."""
    repository, query = request.repository(), request.query
    found = [
        run
        for run in reversed(repository.runs)
        if query.get("branch", run.head_branch) == run.head_branch
        and query.get("head_sha", run.head_sha) == run.head_sha
    ]
    return request.page(found, lambda run: run_object(request.urls, repository, run), wrap="workflow_runs")


def one_run(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}."""
    repository = request.repository()
    return run_object(request.urls, repository, _run(request, repository))


def jobs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs."""
    repository = request.repository()
    run = _run(request, repository)
    found = run.jobs if request.query.get("filter") == "all" else _latest(run)
    return request.page(found, lambda job: job_object(request.urls, repository, run, job), wrap="jobs")


def one_job(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}."""
    repository = request.repository()
    return job_object(request.urls, repository, *_job(request, repository))


def job_logs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs: redirects to a signed URL that needs no token."""
    repository = request.repository()
    request.signed_in()
    _, job = _job(request, repository)
    if job.log_status == 410:
        raise ApiError(410, "Server Error")
    if job.log_status != 200:
        raise not_found()
    # github.com keeps logs on another host than the API; here the other name of this machine.
    base = request.urls.api if request.variant is not None else request.urls.web.replace("//127.0.0.1:", "//localhost:")
    url = f"{base}/_logs/{repository.id}/{job.id}?sig={secrets.token_urlsafe(16)}"
    return ApiResponse(b"", 302, {"Location": url}, "text/html; charset=utf-8")


def signed_log(request: ApiRequest) -> ApiResponse:
    """The log at the signed URL. Refuses requests with a token, as blob storage does."""
    if request.token is not None and request.variant is None:
        raise ApiError(400, "Only the signature may be given")
    repository = request.world.by_id(request.number("repository"))
    if repository is None or not request.query.get("sig"):
        raise not_found()
    return ApiResponse(log_text(*_job(request, repository)), media="text/plain; charset=utf-8")


def rerun_failed_jobs(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs: all succeed at the second attempt."""
    repository = request.own_repository()
    run = _run(request, repository)
    failed = [job for job in _latest(run) if job.conclusion == "failure"]
    if not failed:
        raise ApiError(403, "This workflow run has no failed jobs to rerun")
    run.attempt, run.started_at = run.attempt + 1, request.world.now()
    for job in failed:
        steps = [Step(step.name, "success", ["Done."]) for step in job.steps]
        run.jobs.append(Job(request.world.new_id(), job.name, steps, run.attempt))
    return ApiResponse({}, 201)


def _latest(run: Run) -> list[Job]:
    return list({job.name: job for job in run.jobs}.values())


def _run(request: ApiRequest, repository: Repository) -> Run:
    number = request.number("run_id")
    for run in repository.runs:
        if run.id == number:
            return run
    raise not_found()


def _job(request: ApiRequest, repository: Repository) -> tuple[Run, Job]:
    number = request.number("job_id")
    for run in repository.runs:
        for job in run.jobs:
            if job.id == number:
                return run, job
    raise not_found()


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs", check_runs),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status", combined_status),
    ("GET", "/repos/{owner}/{repo}/actions/runs", runs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", one_run),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", jobs),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}", one_job),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", job_logs),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs", rerun_failed_jobs),
)

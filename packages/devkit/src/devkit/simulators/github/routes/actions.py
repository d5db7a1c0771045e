"""Workflow runs, their jobs, logs and artifacts."""

import secrets
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.actions import artifact_object, job_object, log_text, run_object
from devkit.simulators.github.workflow_files import FOLDER, find_workflow, workflow_id

_MOST_FOUND = 1000
"""Runs that GitHub lists at most where there is a filter."""


def runs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs: newest first."""
    return _runs(request, None)


def runs_of_workflow(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/workflows/{workflow}/runs."""
    name = request.values["workflow"]
    paths = {run.path for run in request.repository().runs}
    known = {text: path for path in paths for text in (str(workflow_id(path)), path.removeprefix(FOLDER))}
    return _runs(request, known[name] if name in known else find_workflow(request.repository(), name).path)


def one_run(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}."""
    repository = request.repository()
    return run_object(request.urls, repository, find_run(request, repository))


def attempt(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt}."""
    repository = request.repository()
    return run_object(request.urls, repository, *_attempt(request, repository))


def jobs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs."""
    repository = request.repository()
    run = find_run(request, repository)
    found = run.jobs if request.query.get("filter") == "all" else run.jobs_of()
    return request.page(found, lambda job: job_object(request.urls, repository, run, job), wrap="jobs")


def jobs_of_attempt(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt}/jobs."""
    repository = request.repository()
    run, number = _attempt(request, repository)
    found = run.jobs_of(number)
    return request.page(found, lambda job: job_object(request.urls, repository, run, job), wrap="jobs")


def artifacts(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts."""
    repository, now = request.repository(), request.world.now()
    run = find_run(request, repository)
    return request.page(
        run.artifacts, lambda one: artifact_object(request.urls, repository, run, one, now), wrap="artifacts"
    )


def one_job(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}."""
    repository = request.repository()
    return job_object(request.urls, repository, *find_job(request, repository))


def job_logs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs: redirects to a signed URL that needs no token."""
    repository = request.repository()
    request.signed_in()
    _, job = find_job(request, repository)
    if job.log_status == 410:
        raise ApiError(410, "Server Error")
    if job.log_status != 200 or job.status != "completed" or job.result == "skipped":
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
    return ApiResponse(log_text(*find_job(request, repository)), media="text/plain; charset=utf-8")


def find_run(request: ApiRequest, repository: Repository) -> Run:
    """The run with the number in the path."""
    number = request.number("run_id")
    for run in repository.runs:
        if run.id == number:
            return run
    raise not_found()


def find_job(request: ApiRequest, repository: Repository) -> tuple[Run, Job]:
    """The job with the number in the path, and its run."""
    number = request.number("job_id")
    for run in repository.runs:
        for job in run.jobs:
            if job.id == number:
                return run, job
    raise not_found()


def _attempt(request: ApiRequest, repository: Repository) -> tuple[Run, int]:
    run, number = find_run(request, repository), request.number("attempt")
    if not 1 <= number <= run.attempt:
        raise not_found()
    return run, number


def _runs(request: ApiRequest, path: str | None) -> ApiResponse:
    repository, query = request.repository(), request.query
    found = [run for run in reversed(repository.runs) if path in (None, run.path) and _fits(repository, run, query)]
    if {"branch", "head_sha", "status", "event", "actor", "check_suite_id", "created"} & query.keys():
        found = found[:_MOST_FOUND]
    return request.page(found, lambda run: run_object(request.urls, repository, run), wrap="workflow_runs")


def _fits(repository: Repository, run: Run, query: Any) -> bool:
    return (
        query.get("branch", run.head_branch) == run.head_branch
        and query.get("head_sha", run.head_sha) == run.head_sha
        and query.get("event", run.event) == run.event
        and query.get("status", run.status()) in (run.status(), run.conclusion())
        and query.get("check_suite_id", str(run.suite_id)) == str(run.suite_id)
        and query.get("actor", (run.actor or repository.owner).login) == (run.actor or repository.owner).login
    )


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/actions/runs", runs),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}/runs", runs_of_workflow),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", one_run),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt}", attempt),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt}/jobs", jobs_of_attempt),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", jobs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts", artifacts),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}", one_job),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", job_logs),
)

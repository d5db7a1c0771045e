"""Checks and statuses of commits, and what checks note about the code or themselves."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.responses import ApiResponse
from devkit.simulators.github.routes import Table
from devkit.simulators.github.routes.actions import find_job
from devkit.simulators.github.serializers.checks import annotation, check_run, status_object
from devkit.simulators.github.serializers.repositories import minimal_repository


def check_runs(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/commits/{ref}/check-runs."""
    repository, query = request.repository(), request.query
    sha = request.commit(repository, request.values["ref"])
    found = [
        (run, job)
        for run in repository.runs
        if run.head_sha == sha
        for job in (run.jobs if query.get("filter") == "all" else run.jobs_of())
        if query.get("check_name", job.name) == job.name and query.get("status", job.status) == job.status
    ]
    return request.page(found, lambda pair: check_run(request.urls, repository, *pair), wrap="check_runs")


def annotations(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/check-runs/{job_id}/annotations."""
    repository = request.repository()
    run, job = find_job(request, repository)
    return request.page(job.annotations, lambda message: annotation(request.urls, repository, run, message))


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


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs", check_runs),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status", combined_status),
    ("GET", "/repos/{owner}/{repo}/check-runs/{job_id}/annotations", annotations),
)

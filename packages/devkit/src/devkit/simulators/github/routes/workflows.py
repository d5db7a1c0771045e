"""Workflows, and what starts, repeats and stops their runs."""

from datetime import timedelta
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.workflows import Job, Run, Step
from devkit.simulators.github.responses import ApiError, ApiResponse
from devkit.simulators.github.routes import Table
from devkit.simulators.github.routes.actions import find_job, find_run
from devkit.simulators.github.serializers.actions import workflow_object
from devkit.simulators.github.workflow_files import checked_inputs, find_workflow, workflows_at

_RERUN_FOR = timedelta(days=30)
_FAILED = ("failure", "cancelled", "timed_out")


def workflows(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/actions/workflows."""
    repository = request.repository()
    found = workflows_at(repository)
    return request.page(found, lambda one: workflow_object(request.urls, repository, one), wrap="workflows")


def one_workflow(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/actions/workflows/{workflow}, by id or file name."""
    repository = request.repository()
    return workflow_object(request.urls, repository, find_workflow(repository, request.values["workflow"]))


def dispatch(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches: the jobs of the new run are queued."""
    repository = request.own_repository()
    workflow = find_workflow(repository, request.values["workflow"])
    if workflow.path in repository.disabled_workflows:
        raise ApiError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    ref = request.text("ref", "WorkflowDispatch", required=True) or ""
    name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    refs = repository.git.refs()
    sha = refs.get(f"refs/heads/{name}") or refs.get(f"refs/tags/{name}")
    if sha is None:
        raise ApiError(422, f"No ref found for: {ref}")
    there = next((one for one in workflows_at(repository, name) if one.path == workflow.path), None)
    if there is None:
        raise ApiError(422, "Workflow does not have 'workflow_dispatch' trigger")
    inputs = checked_inputs(there, request.body.get("inputs", {}))
    new_id, now = request.world.new_id, request.world.now()
    queued = [Job(new_id(), job, [], status="queued") for job in there.jobs]
    number = 1 + sum(run.path == there.path for run in repository.runs)
    run = Run(new_id(), there.name, name, sha, now, queued, event="workflow_dispatch", path=there.path, number=number)
    run.actor, run.inputs = request.signed_in(), inputs
    repository.runs.append(run)
    if request.body.get("return_run_details") is not True:
        return ApiResponse(b"", 204)
    api = request.urls.repository(repository, "actions", "runs", run.id)
    page = request.urls.page(repository, "actions", "runs", run.id)
    return ApiResponse({"workflow_run_id": run.id, "run_url": api, "html_url": page})


def rerun(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun: every job succeeds at the next attempt."""
    repository = request.own_repository()
    run = find_run(request, repository)
    return _restarted(request, run, run.jobs_of())


def rerun_failed_jobs(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs."""
    repository = request.own_repository()
    run = find_run(request, repository)
    failed = [job for job in run.jobs_of() if job.conclusion in _FAILED]
    if not failed and run.status() == "completed":
        raise ApiError(403, "This workflow run has no failed jobs to rerun")
    return _restarted(request, run, failed)


def rerun_job(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun."""
    repository = request.own_repository()
    run, job = find_job(request, repository)
    return _restarted(request, run, [job])


def cancel(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel, and /force-cancel."""
    repository = request.own_repository()
    run = find_run(request, repository)
    if run.status() == "completed":
        raise ApiError(409, "Cannot cancel a workflow run that is completed.")
    for job in run.jobs_of():
        if job.status != "completed":
            job.log_status = 200 if job.steps else 404
            job.status, job.result = "completed", "cancelled"
    return ApiResponse({}, 202)


def _restarted(request: ApiRequest, run: Run, jobs: list[Job]) -> ApiResponse:
    """Begin an attempt with new jobs in place of these.

    Raises:
        ApiError: 403, the run has not ended, or is too old.
    """
    now = request.world.now()
    if run.status() != "completed":
        raise ApiError(403, "This workflow is already running")
    if run.created_at < now - _RERUN_FOR:
        raise ApiError(403, "Unable to retry this workflow run because it was created over a month ago")
    if run.result == "startup_failure":
        raise ApiError(403, "This workflow run cannot be retried")
    run.restart(now)
    for job in jobs:
        steps = [Step(step.name, "success", ["Done."]) for step in job.steps]
        run.jobs.append(Job(request.world.new_id(), job.name, steps, run.attempt))
    return ApiResponse({}, 201)


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/actions/workflows", workflows),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}", one_workflow),
    ("POST", "/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches", dispatch),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/rerun", rerun),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs", rerun_failed_jobs),
    ("POST", "/repos/{owner}/{repo}/actions/jobs/{job_id}/rerun", rerun_job),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/cancel", cancel),
    ("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel", cancel),
)

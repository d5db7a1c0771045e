"""Background jobs."""

from collections.abc import Sequence
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.jobs import Job, Task
from devkit.simulators.zendesk.responses import ApiError, not_found
from devkit.simulators.zendesk.routes import Table

_MOST_QUEUED = 30


def queued(request: ApiRequest, kind: str, tasks: Sequence[Task]) -> dict[str, Any]:
    """The `job_status` of a new job. Raises `ApiError` 429 while too many are waiting."""
    waiting = sum(job.results is None for job in request.world.jobs.values())
    if waiting >= _MOST_QUEUED:
        words = "Too many jobs are queued or running. Wait until some have completed."
        raise ApiError(429, {"error": "TooManyJobs", "description": words}, {"Retry-After": "5"})
    return {"job_status": job_object(request, request.world.add_job(kind, tasks))}


def job_object(request: ApiRequest, job: Job) -> dict[str, Any]:
    """A job."""
    status = job.status(request.world.clock(), request.world.switches.job_seconds)
    return {
        "id": job.id,
        "job_type": job.kind,
        "url": request.urls.of("job_statuses", job.id),
        "total": job.total,
        "progress": None if job.results is None else job.total,
        "status": status,
        "message": job.message,
        "results": job.results,
    }


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /job_statuses/{id}."""
    request.require_agent()
    job = request.world.jobs.get(request.values["id"])
    if job is None:
        raise not_found()
    return {"job_status": job_object(request, job)}


def show_many(request: ApiRequest) -> dict[str, Any]:
    """GET /job_statuses/show_many."""
    request.require_agent()
    wanted = request.query.get("ids", "").split(",")
    found = [request.world.jobs[one] for one in wanted if one in request.world.jobs]
    return {"job_statuses": [job_object(request, one) for one in found]}


TABLE: Table = (
    ("GET", "/job_statuses/show_many", show_many),
    ("GET", "/job_statuses/{id}", show),
)

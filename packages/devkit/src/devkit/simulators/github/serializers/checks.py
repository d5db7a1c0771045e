"""Checks and statuses of a commit."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Status
from devkit.simulators.github.serializers.accounts import node_id, time_of, user
from devkit.simulators.github.serializers.actions import job_times


def check_run(urls: Urls, repository: Repository, run: Run, job: Job) -> dict[str, Any]:
    """`check-run`: a job among a commit's checks."""
    page = urls.page(repository, "actions", "runs", run.id, "job", job.id)
    own = urls.repository(repository, "check-runs", job.id)
    output = {
        "title": None,
        "summary": None,
        "text": None,
        "annotations_count": len(job.annotations),
        "annotations_url": f"{own}/annotations",
    }
    started, completed = job_times(run, job)
    return {
        "id": job.id,
        "name": job.name,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.head_sha,
        "external_id": f"{job.id:032x}",
        "url": own,
        "html_url": page,
        "details_url": page,
        "status": job.status,
        "conclusion": job.conclusion,
        "started_at": time_of(started),
        "completed_at": time_of(completed),
        "output": output,
        "check_suite": {"id": run.suite_id},
        "app": _app(urls),
        "pull_requests": [],
    }


def _app(urls: Urls) -> dict[str, Any]:
    """`integration`: the App whose checks are the jobs of workflow runs."""
    return {
        "id": 15368,
        "slug": "github-actions",
        "node_id": node_id("App", 15368),
        "owner": user(urls, Account(9919, "github", "Organization")),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": "https://help.github.com/en/actions",
        "html_url": f"{urls.web}/apps/github-actions",
        "created_at": "2018-07-30T09:30:17Z",
        "updated_at": "2019-12-10T19:04:12Z",
        "permissions": {"actions": "write", "checks": "write"},
        "events": ["check_run", "push"],
    }


def annotation(urls: Urls, repository: Repository, run: Run, message: str) -> dict[str, Any]:
    """`check-annotation` about a job itself: GitHub gives the folder of the workflow as its path."""
    return {
        "path": ".github",
        "blob_href": urls.page(repository, "blob", run.head_sha, ".github"),
        "start_line": 1,
        "end_line": 1,
        "start_column": None,
        "end_column": None,
        "annotation_level": "failure",
        "title": "",
        "message": message,
        "raw_details": "",
    }


def status_object(urls: Urls, repository: Repository, status: Status) -> dict[str, Any]:
    """`simple-commit-status`."""
    return {
        "id": status.id,
        "node_id": node_id("StatusContext", status.id),
        "url": urls.repository(repository, "statuses", status.sha),
        "avatar_url": None,
        "context": status.context,
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "created_at": time_of(status.created_at),
        "updated_at": time_of(status.created_at),
    }

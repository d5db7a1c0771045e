"""Workflow runs, jobs and checks."""

from datetime import datetime, timedelta
from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Status
from devkit.simulators.github.serializers.accounts import node_id, time_of
from devkit.simulators.github.serializers.commits import git_commit
from devkit.simulators.github.serializers.repositories import minimal_repository


def check_run(urls: Urls, repository: Repository, run: Run, job: Job) -> dict[str, Any]:
    """`check-run`: a job among a commit's checks."""
    page = urls.page(repository, "actions", "runs", run.id, "job", job.id)
    own = urls.repository(repository, "check-runs", job.id)
    output = {
        "title": None,
        "summary": None,
        "text": None,
        "annotations_count": 0,
        "annotations_url": f"{own}/annotations",
    }
    return {
        "id": job.id,
        "name": job.name,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.head_sha,
        "external_id": str(job.id),
        "url": own,
        "html_url": page,
        "details_url": page,
        "status": "completed",
        "conclusion": job.conclusion,
        "started_at": time_of(run.started_at or run.created_at),
        "completed_at": time_of(run.started_at or run.created_at),
        "output": output,
        "check_suite": {"id": run.id},
        "app": None,
        "pull_requests": [],
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


def job_object(urls: Urls, repository: Repository, run: Run, job: Job) -> dict[str, Any]:
    """`job`."""
    when = time_of(run.started_at or run.created_at)
    times = [(time_of(start), time_of(end)) for start, end in step_times(run, job)]
    return {
        "id": job.id,
        "run_id": run.id,
        "run_url": urls.repository(repository, "actions", "runs", run.id),
        "run_attempt": job.attempt,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.head_sha,
        "url": urls.repository(repository, "actions", "jobs", job.id),
        "html_url": urls.page(repository, "actions", "runs", run.id, "job", job.id),
        "status": "completed",
        "conclusion": job.conclusion,
        "created_at": when,
        "started_at": when,
        "completed_at": when,
        "name": job.name,
        "steps": [
            {
                "name": step.name,
                "status": "completed",
                "conclusion": step.conclusion,
                "number": number,
                "started_at": started,
                "completed_at": ended,
            }
            for number, (step, (started, ended)) in enumerate(zip(job.steps, times, strict=True), start=1)
        ],
        "check_run_url": urls.repository(repository, "check-runs", job.id),
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "Simulated 1",
        "runner_group_id": 1,
        "runner_group_name": "Simulated",
        "workflow_name": run.name,
        "head_branch": run.head_branch,
    }


def run_object(urls: Urls, repository: Repository, run: Run) -> dict[str, Any]:
    """`workflow-run`."""
    own = urls.repository(repository, "actions", "runs", run.id)
    head = git_commit(urls, repository, run.head_sha)
    failed = any(job.conclusion == "failure" for job in run.jobs)
    workflow = urls.repository(repository, "actions", "workflows", 1)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WorkflowRun", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": ".github/workflows/ci.yml",
        "display_title": head["message"].partition("\n")[0],
        "run_number": 1,
        "run_attempt": run.attempt,
        "event": "push",
        "status": "completed",
        "conclusion": "failure" if failed else "success",
        "workflow_id": 1,
        "url": own,
        "html_url": urls.page(repository, "actions", "runs", run.id),
        "pull_requests": [],
        "created_at": time_of(run.created_at),
        "updated_at": time_of(run.started_at or run.created_at),
        "run_started_at": time_of(run.started_at or run.created_at),
        "jobs_url": f"{own}/jobs",
        "logs_url": f"{own}/logs",
        "check_suite_url": urls.repository(repository, "check-suites", run.id),
        "artifacts_url": f"{own}/artifacts",
        "cancel_url": f"{own}/cancel",
        "rerun_url": f"{own}/rerun",
        "workflow_url": workflow,
        "head_commit": {
            "id": run.head_sha,
            "tree_id": head["tree"]["sha"],
            "message": head["message"],
            "timestamp": head["author"]["date"],
            "author": {name: head["author"][name] for name in ("name", "email")},
            "committer": {name: head["committer"][name] for name in ("name", "email")},
        },
        "repository": minimal_repository(urls, repository),
        "head_repository": minimal_repository(urls, repository),
    }


def log_text(run: Run, job: Job) -> str:
    """A job's log in the format of GitHub Actions: timestamped lines, grouped by step."""
    text = []
    for step, (started, _) in zip(job.steps, step_times(run, job), strict=True):
        lines = [f"##[group]{step.name}", "##[endgroup]", *step.lines]
        if step.conclusion == "failure":
            lines.append("##[error]Process completed with exit code 1.")
        text += [f"{started:%Y-%m-%dT%H:%M:%S}.0000000Z {line}\n" for line in lines]
    return "".join(text)


def step_times(run: Run, job: Job) -> list[tuple[datetime, datetime]]:
    """Start and end of each step: ten seconds each."""
    began = run.started_at or run.created_at
    starts = [began + timedelta(seconds=10 * number) for number in range(len(job.steps))]
    return [(start, start + timedelta(seconds=9)) for start in starts]

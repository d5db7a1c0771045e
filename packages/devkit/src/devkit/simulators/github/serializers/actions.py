"""Workflow runs, jobs, logs, artifacts and workflows."""

from datetime import datetime, timedelta
from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Artifact, Job, Run
from devkit.simulators.github.serializers.accounts import node_id, time_of, user
from devkit.simulators.github.serializers.commits import git_commit
from devkit.simulators.github.serializers.repositories import minimal_repository
from devkit.simulators.github.workflow_files import Workflow, workflow_id


def job_object(urls: Urls, repository: Repository, run: Run, job: Job) -> dict[str, Any]:
    """`job`."""
    started, completed = job_times(run, job)
    times = [(time_of(start), time_of(end)) for start, end in step_times(run, job)]
    has_runner = bool(job.steps) or job.status == "in_progress"
    return {
        "id": job.id,
        "run_id": run.id,
        "run_url": urls.repository(repository, "actions", "runs", run.id),
        "run_attempt": job.attempt,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.head_sha,
        "url": urls.repository(repository, "actions", "jobs", job.id),
        "html_url": urls.page(repository, "actions", "runs", run.id, "job", job.id),
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": time_of(started),
        "started_at": time_of(started),
        "completed_at": time_of(completed),
        "name": job.name,
        "steps": [
            {
                "name": step.name,
                "status": "completed" if step.conclusion else "in_progress",
                "conclusion": step.conclusion,
                "number": number,
                "started_at": start,
                "completed_at": end if step.conclusion else None,
            }
            for number, (step, (start, end)) in enumerate(zip(job.steps, times, strict=True), start=1)
        ],
        "check_run_url": urls.repository(repository, "check-runs", job.id),
        "labels": ["ubuntu-latest"],
        "runner_id": 1 if has_runner else None,
        "runner_name": "Simulated 1" if has_runner else None,
        "runner_group_id": 1 if has_runner else None,
        "runner_group_name": "Simulated" if has_runner else None,
        "workflow_name": run.name,
        "head_branch": run.head_branch,
    }


def job_times(run: Run, job: Job) -> tuple[datetime, datetime | None]:
    """When a job started and ended."""
    started = run.started(job.attempt)
    ends = [end for _, end in step_times(run, job)]
    return started, (max(ends, default=started) if job.status == "completed" else None)


def run_object(urls: Urls, repository: Repository, run: Run, attempt: int | None = None) -> dict[str, Any]:
    """`workflow-run`, as it was at an attempt; the latest by default."""
    own = urls.repository(repository, "actions", "runs", run.id)
    head = git_commit(urls, repository, run.head_sha)
    number = run.attempt if attempt is None else attempt
    of_fork = {"full_name": run.head_full_name} if run.head_full_name else {}
    actor = user(urls, run.actor or repository.owner)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WorkflowRun", run.id),
        "check_suite_id": run.suite_id,
        "check_suite_node_id": node_id("CheckSuite", run.suite_id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.name if run.event == "workflow_dispatch" else head["message"].partition("\n")[0],
        "run_number": run.number,
        "run_attempt": number,
        "referenced_workflows": [],
        "event": run.event,
        "status": run.status(attempt),
        "conclusion": run.conclusion(attempt),
        "workflow_id": workflow_id(run.path),
        "url": own,
        "html_url": urls.page(repository, "actions", "runs", run.id),
        "pull_requests": [],
        "created_at": time_of(run.created_at),
        "updated_at": time_of(run.started(attempt)),
        "actor": actor,
        "triggering_actor": actor,
        "run_started_at": time_of(run.started(attempt)),
        "jobs_url": f"{own}/jobs",
        "logs_url": f"{own}/logs",
        "check_suite_url": urls.repository(repository, "check-suites", run.suite_id),
        "artifacts_url": f"{own}/artifacts",
        "cancel_url": f"{own}/cancel",
        "rerun_url": f"{own}/rerun",
        "previous_attempt_url": f"{own}/attempts/{number - 1}" if number > 1 else None,
        "workflow_url": urls.repository(repository, "actions", "workflows", workflow_id(run.path)),
        "head_commit": {
            "id": run.head_sha,
            "tree_id": head["tree"]["sha"],
            "message": head["message"],
            "timestamp": head["author"]["date"],
            "author": {name: head["author"][name] for name in ("name", "email")},
            "committer": {name: head["committer"][name] for name in ("name", "email")},
        },
        "repository": minimal_repository(urls, repository),
        "head_repository": {**minimal_repository(urls, repository), **of_fork},
    }


def artifact_object(urls: Urls, repository: Repository, run: Run, artifact: Artifact, now: datetime) -> dict[str, Any]:
    """`artifact`."""
    own = urls.repository(repository, "actions", "artifacts", artifact.id)
    return {
        "id": artifact.id,
        "node_id": node_id("Artifact", artifact.id),
        "name": artifact.name,
        "size_in_bytes": artifact.size,
        "url": own,
        "archive_download_url": f"{own}/zip",
        "expired": artifact.expires_at <= now,
        "created_at": time_of(artifact.created_at),
        "updated_at": time_of(artifact.created_at),
        "expires_at": time_of(artifact.expires_at),
        "digest": f"sha256:{artifact.id:064x}",
        "workflow_run": {
            "id": run.id,
            "repository_id": repository.id,
            "head_repository_id": repository.id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def workflow_object(urls: Urls, repository: Repository, workflow: Workflow) -> dict[str, Any]:
    """`workflow`."""
    name = workflow.path.rpartition("/")[2]
    return {
        "id": workflow.id,
        "node_id": node_id("Workflow", workflow.id),
        "name": workflow.name,
        "path": workflow.path,
        "state": "disabled_manually" if workflow.path in repository.disabled_workflows else "active",
        "created_at": time_of(repository.created_at),
        "updated_at": time_of(repository.created_at),
        "url": urls.repository(repository, "actions", "workflows", workflow.id),
        "html_url": urls.page(repository, "blob", repository.default_branch, workflow.path),
        "badge_url": urls.page(repository, "workflows", name, "badge.svg"),
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
    began = run.started(job.attempt)
    starts = [began + timedelta(seconds=10 * number) for number in range(len(job.steps))]
    return [(start, start + timedelta(seconds=9)) for start in starts]

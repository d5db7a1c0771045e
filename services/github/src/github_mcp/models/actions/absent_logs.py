"""Why a job has no log, each case in its own words."""

from datetime import UTC, datetime, timedelta
from typing import Final

from github_mcp.models.actions.actions import Job
from servicekit.schema import show_line

EXPIRED: Final = (
    "GitHub has deleted this log: logs expire, by default after 90 days, or are deleted by hand. Only a new run makes "
    "a new one."
)
_EXPIRY: Final = timedelta(days=90)
_WAITING: Final = frozenset({"queued", "requested", "pending"})
_FAILED: Final = frozenset({"failure", "timed_out", "startup_failure", "error"})


def not_yet(job: Job) -> str | None:
    """Why a job certainly has no log, by its state; None where it may have one."""
    if job.conclusion == "skipped":
        return "The job was skipped, by its condition or because a job that it needs did not succeed."
    if job.conclusion is not None:
        return None
    if job.status in _WAITING:
        labels = ", ".join(show_line(label) for label in job.labels)
        return f"The job has not started: it is queued for a runner{f' with the labels {labels}' if labels else ''}."
    if job.status == "waiting":
        return "The job has not started: it waits, such as for an approval of its deployment."
    if job.status == "in_progress":
        return "The job still runs. GitHub gives its log once it has ended."
    return None


def has_not_begun(job: Job) -> bool:
    """Whether a job failed before its first step: GitHub notes the reason with its check."""
    return job.conclusion in _FAILED and job.began_no_step


def not_found(job: Job, now: datetime | None = None) -> str:
    """Why GitHub answers that there is no log (404)."""
    if job.conclusion == "cancelled" and job.began_no_step:
        return "The job was cancelled before its first step began."
    if job.conclusion == "cancelled" and job.steps:
        return "GitHub stored no log of this job: it was cancelled while it ran."
    if job.conclusion == "action_required":
        return "The job has not started: it waits for an approval."
    if has_not_begun(job):
        return "The job never started: it failed before its first step."
    if job.completed_at is not None and job.completed_at < (now or datetime.now(UTC)) - _EXPIRY:
        return EXPIRED
    if job.conclusion not in (None, "cancelled"):
        return "GitHub has no log of this job. Just after a job ends, its log may come some seconds later."
    return "GitHub has no log of this job: it has not ended, or was cancelled or skipped before its first step."

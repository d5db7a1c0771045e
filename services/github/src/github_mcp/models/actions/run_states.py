"""The state of a workflow run, and what it rules out."""

from datetime import UTC, datetime, timedelta
from typing import Final

from github_mcp.models.wire import Name, Wire, at
from servicekit.schema import show_line

_RERUN_FOR: Final = timedelta(days=30)
"""After its creation; GitHub reruns older runs no more."""


class RunState(Wire):
    """The fields of a workflow run that decide what can be done with it. Unknown fields rule nothing out."""

    id: int = 0
    name: Name = "unknown name"
    status: Name | None = None
    conclusion: Name | None = None
    event: Name | None = None
    workflow_id: int | None = None
    run_attempt: int = 1
    created_at: datetime | None = None
    run_started_at: datetime | None = None
    head_sha: str | None = None
    suite_id: int | None = at("check_suite_id")

    @property
    def has_ended(self) -> bool:
        return self.status == "completed" or self.conclusion is not None

    @property
    def is_running(self) -> bool:
        """Whether it certainly has not ended."""
        return self.conclusion is None and self.status not in (None, "completed")

    @property
    def state(self) -> str:
        """Its conclusion, or how far it is."""
        return self.conclusion or self.status or "unknown state"

    def why_no_rerun(self, *, failed_only: bool, now: datetime | None = None) -> str | None:
        """Why GitHub would refuse to run it again; None where it may accept."""
        name = f"Run {self.id}"
        if self.is_running:
            return (
                f"{name} has not ended ({show_line(self.state)}), and only a run that has ended can be run again. Wait "
                "for its end, or stop it with cancel_workflow_run."
            )
        if self.created_at is not None and self.created_at < (now or datetime.now(UTC)) - _RERUN_FOR:
            return (
                f"{name} is of {self.created_at:%Y-%m-%d}, and GitHub runs a run again for 30 days only. Start a new "
                "one with a new commit, or with dispatch_workflow where the workflow allows it."
            )
        if self.conclusion == "startup_failure":
            return f"{name} cannot be run again: its workflow file is invalid. Correct the file in a new commit."
        if self.conclusion == "action_required":
            return f"{name} has not started: a maintainer must approve it at GitHub first."
        if failed_only and self.conclusion in ("success", "skipped", "neutral"):
            return (
                f"No job of run {self.id} failed: it ended with {self.conclusion}. rerun_workflow_run repeats it all."
            )
        return None

    def why_no_cancel(self) -> str | None:
        """Why there is nothing to cancel; None where there may be."""
        if not self.has_ended:
            return None
        return f"Run {self.id} has ended already ({show_line(self.state)}): there is nothing to cancel."

    def why_no_jobs(self) -> str:
        """Why it has no job."""
        if self.conclusion == "startup_failure":
            return "The run never started: its workflow file is invalid."
        if self.conclusion == "action_required":
            return "The run has not started: it waits for the approval of a maintainer, as runs from forks do."
        if self.conclusion == "cancelled":
            return "The run was cancelled before its first job began."
        if self.conclusion == "skipped":
            return "The run was skipped by the conditions of its workflow."
        if self.is_running:
            return f"The run has no job yet: it is {show_line(self.state)}."
        return f"GitHub lists no jobs of this run ({show_line(self.state)})."

"""Checks of a commit, and statuses that other services set for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.wire import Body, Name, Wire, at
from servicekit.schema import Missing, Record

_ACTIONS: Final = "github-actions"
_JOB_PAGE: Final = re.compile(r"/actions/runs/([1-9][0-9]{0,15})(?:/job/([1-9][0-9]{0,15}))?(?:[?#]|\Z)")


class CheckRun(Wire):
    """A check of a commit, or a status that another service set.

    A job of GitHub Actions has `run_id` and `job_id`, as far as GitHub shows them. `id` is of any other check.
    """

    name: Name
    status: Name | None = None
    conclusion: Name | None = None
    run_id: int | None = None
    job_id: int | None = None
    id: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    app: Name | None = None
    description: Body | None = None
    url: str | None = None


class WireCheck(Wire):
    """A check as GitHub sends it."""

    id: int | None = None
    name: Name
    status: Name | None = None
    conclusion: Name | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    app: Name | None = at("app", "slug")
    title: Name | None = at("output", "title")
    head_sha: str | None = None
    details_url: str | None = None
    html_url: str | None = None
    suite_id: int | None = at("check_suite", "id")

    @property
    def run_and_job(self) -> tuple[int | None, int | None]:
        """The ids in the address of a job's page. Other Apps may link to any page, so only GitHub Actions counts.

        A check that a workflow made through the API belongs to that App too, and is no job.
        """
        if self.app not in (None, _ACTIONS):
            return None, None
        for url in (self.details_url, self.html_url):
            if url is not None and (match := _JOB_PAGE.search(url)):
                return int(match[1]), int(match[2]) if match[2] else None
        return None, None

    @property
    def needs_suite(self) -> bool:
        """Whether only the check suite can show which run it belongs to."""
        return self.app == _ACTIONS and self.suite_id is not None and self.run_and_job[0] is None

    def as_check(self, runs_of_suites: Mapping[int, int]) -> CheckRun:
        """The check with the ids of its run and job.

        Args:
            runs_of_suites: ids of runs by the ids of their check suites.
        """
        run_id, job_id = self.run_and_job
        if run_id is None and self.suite_id is not None and self.app == _ACTIONS:
            run_id = runs_of_suites.get(self.suite_id)
        return CheckRun(
            name=self.name,
            status=self.status,
            conclusion=self.conclusion,
            run_id=run_id,
            job_id=job_id,
            id=self.id if job_id is None else None,
            started_at=self.started_at,
            completed_at=self.completed_at,
            app=self.app,
            description=self.title,
            url=self.html_url,
        )


class CommitStatus(Wire):
    """A commit status as GitHub sends it: the other way in which services report on a commit."""

    context: Name
    state: Name
    description: Body | None = None
    target_url: Name | None = None
    updated_at: datetime | None = None

    def as_check(self) -> CheckRun:
        """The same as a check."""
        is_done = self.state != "pending"
        return CheckRun(
            name=self.context,
            status="completed" if is_done else "in_progress",
            conclusion=self.state if is_done else None,
            completed_at=self.updated_at if is_done else None,
            description=self.description,
            url=self.target_url,
        )


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks and statuses of a commit, and which of the two could not be had."""

    checks: list[CheckRun]
    missing: list[Missing]


class CheckRuns(Record):
    """The checks and statuses of one commit."""

    ref: str
    failed: Annotated[list[Name], Field(description="Names of checks that failed, timed out or were cancelled.")]
    checks: list[CheckRun]
    notice: str | None = None
    missing: list[Missing] | None = None

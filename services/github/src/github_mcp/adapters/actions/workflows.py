"""Workflows and their runs at GitHub."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final

from github_mcp.adapters.actions.checks import GitHubChecks
from github_mcp.adapters.actions.workflow_names import find_workflow
from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.numbered_lists import whole_list
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.models.actions.actions import Job
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.actions.workflow_runs import (
    EVENTS,
    Artifact,
    Attempt,
    RunJob,
    RunStep,
    RunSummary,
    Workflow,
    WorkflowRun,
)
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullHead
from github_mcp.ports.workflows import RunFilter
from servicekit.core import Unavailable
from servicekit.schema import CursorKey, Missing, Page, cut_notice, unknown_value

_MOST_ATTEMPTS: Final = 5
_MOST_JOBS: Final = 100
_MOST_FOUND: Final = 1000
"""Runs that GitHub lists at most where there is a filter."""


class GitHubWorkflows:
    """Implements `Workflows`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._checks = GitHubChecks(api)

    async def workflows(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Workflow]:
        """In GitHub's order."""

        async def fetch(number: int, size: int) -> Fetched[Workflow]:
            query = {"per_page": size, "page": number}
            reply = await self._api.read(repository, Request(("actions", "workflows"), repository.full, query))
            return fetched(reply, parsed_list(Workflow, reply.json(), "workflows"), size)

        return await collect(fetch, limit, cursor)

    async def runs(
        self, repository: RepositoryName, wanted: RunFilter, limit: int, cursor: CursorKey | None
    ) -> Page[RunSummary]:
        """Newest first."""
        path: tuple[str | int, ...] = ("actions", "runs")
        if wanted.workflow is not None:
            workflow = await find_workflow(self._api, repository, wanted.workflow)
            path = ("actions", "workflows", workflow.id, "runs")
        pull = None
        if wanted.pull_number is not None:
            pull = await self._checks.head_of_pull(repository, wanted.pull_number)
        filters: dict[str, Any] = {
            "branch": wanted.branch if pull is None else pull.branch,
            "event": wanted.event,
            "status": wanted.status,
            "actor": wanted.actor,
            "head_sha": wanted.head_sha,
        }
        is_filtered = any(value is not None for value in filters.values())

        async def fetch(number: int, size: int) -> Fetched[RunSummary]:
            query = {**filters, "per_page": size, "page": number}
            reply = await self._api.read(repository, Request(path, f"runs in {repository.full}", query))
            data = reply.json()
            items = data.get("workflow_runs") if isinstance(data, Mapping) else None
            if not isinstance(items, list):
                raise UnexpectedResponse
            found = [parsed(RunSummary, one) if _is_of(pull, one) else None for one in items]
            return fetched(reply, found, size, _cut(data, wanted) if is_filtered else None)

        page = await collect(fetch, limit, cursor, filtered=pull is not None)
        if not page.items and cursor is None:
            await self._require_known(repository, wanted)
        return page

    async def _require_known(self, repository: RepositoryName, wanted: RunFilter) -> None:
        """Check that the names in the filter of an empty result exist."""
        if wanted.branch is not None:
            await self._names.require_ref(repository, wanted.branch, "branch")
        if wanted.head_sha is not None:
            await self._names.require_ref(repository, wanted.head_sha, "head_sha")
        await self._names.require_user(repository, wanted.actor, "actor")
        if wanted.event is not None and wanted.event not in EVENTS:
            raise unknown_value("event", "event", wanted.event, EVENTS, "list_workflow_runs without it shows events.")

    async def run(
        self, repository: RepositoryName, run_id: int, attempt: int | None, *, all_steps: bool
    ) -> WorkflowRun:
        """A run, its jobs and artifacts, read concurrently; then its earlier attempts."""
        path: tuple[str | int, ...] = ("actions", "runs", run_id)
        of_attempt = path if attempt is None else (*path, "attempts", attempt)
        what = f"run {run_id} in {repository.full}" + ("" if attempt is None else f", attempt {attempt}")
        await self._api.access.reading(repository)
        missing: list[Missing] = []
        reply, jobs, artifacts = await asyncio.gather(
            self._api.read(repository, Request(of_attempt, what)),
            _part(
                missing, "jobs", whole_list(self._api, Job, repository, Request((*of_attempt, "jobs"), what), "jobs")
            ),
            _part(
                missing,
                "artifacts",
                whole_list(self._api, Artifact, repository, Request((*path, "artifacts"), what), "artifacts"),
            ),
        )
        data = reply.json()
        run, state = parsed(RunSummary, data), parsed(RunState, data)
        latest = run.attempt or 1
        numbers = range(max(1, latest - _MOST_ATTEMPTS), latest)
        earlier = await asyncio.gather(
            *(
                _part(missing, f"attempt {number}", self._attempts(repository, (*path, "attempts", number), what))
                for number in numbers
            )
        )
        notices = (
            [cut_notice(_MOST_JOBS, len(jobs), "jobs", "Failed ones come first.")] if len(jobs) > _MOST_JOBS else []
        )
        if not jobs and not any(one.part == "jobs" for one in missing):
            notices.append(state.why_no_jobs())
        if numbers and numbers[0] > 1:
            notices.append(f"Of {latest - 1} earlier attempts the last {len(numbers)} are shown.")
        return WorkflowRun(
            run=run,
            jobs=[_shown(job, all_steps=all_steps) for job in jobs[:_MOST_JOBS]],
            artifacts=artifacts,
            earlier_attempts=[one for found in earlier for one in found],
            notice=" ".join(notices) or None,
            missing=missing or None,
        )

    async def _attempts(self, repository: RepositoryName, path: tuple[str | int, ...], what: str) -> Sequence[Attempt]:
        return [parsed(Attempt, (await self._api.read(repository, Request(path, what))).json())]


async def _part(missing: list[Missing], part: str, reading: Awaitable[Sequence[Any]]) -> list[Any]:
    """The records of a part, or none and the reason in `missing`."""
    try:
        return [*await reading]
    except (RefusedByGitHub, Unavailable) as failure:
        missing.append(Missing(part=part, reason=str(failure)))
        return []


def _shown(job: Job, *, all_steps: bool) -> RunJob:
    with_steps = all_steps or job.conclusion not in ("success", "skipped")
    return RunJob(
        job_id=job.id,
        name=job.name,
        status=job.status,
        conclusion=job.conclusion,
        attempt=job.run_attempt,
        started_at=job.started_at,
        completed_at=job.completed_at,
        steps=[RunStep.of(step) for step in job.steps] if with_steps and job.steps else None,
    )


def _is_of(pull: PullHead | None, run: Any) -> bool:
    """Whether a run is of the pull request's own branch: forks may have branches of the same name."""
    if pull is None or pull.repository is None:
        return True
    source = run.get("head_repository") if isinstance(run, Mapping) else None
    name = source.get("full_name") if isinstance(source, Mapping) else None
    return not isinstance(name, str) or name.lower() == pull.repository.lower()


def _cut(data: Mapping[str, Any], wanted: RunFilter) -> str | None:
    total = data.get("total_count")
    if not isinstance(total, int) or total <= _MOST_FOUND:
        return None
    narrower = "Narrow the filter" if wanted.workflow else "Narrow it, for example with workflow"
    return f"{total} runs fit, and GitHub lists the newest {_MOST_FOUND} of a filtered list. {narrower}."

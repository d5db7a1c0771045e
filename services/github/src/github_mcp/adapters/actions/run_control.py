"""Repeats and stops workflow runs at GitHub."""

from github_mcp.adapters.actions.actions import GitHubActions
from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.models.changes import Cancelled, Rerun
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused


class GitHubRunControl:
    """Implements `RunControl`. Reads the state of a run first, to refuse with the reason what GitHub would refuse."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._actions = GitHubActions(api)

    async def rerun(self, repository: RepositoryName, run_id: int, *, failed_only: bool) -> Rerun:
        """Run all jobs again, or the failed ones and those that need them."""
        path = "rerun-failed-jobs" if failed_only else "rerun"
        return await self._again(repository, run_id, ("actions", "runs", run_id, path), failed_only=failed_only)

    async def rerun_job(self, repository: RepositoryName, job_id: int) -> Rerun:
        """Run a job again, with those that need it."""
        job, missing = await self._actions.job(repository, job_id)
        if job.run_id is None:
            raise Refused(missing.reason if missing is not None else f"GitHub does not show the run of job {job_id}.")
        return await self._again(repository, job.run_id, ("actions", "jobs", job_id, "rerun"), failed_only=False)

    async def _again(
        self, repository: RepositoryName, run_id: int, path: tuple[str | int, ...], *, failed_only: bool
    ) -> Rerun:
        run = await self._actions.run(repository, run_id, current=True)
        if (reason := run.why_no_rerun(failed_only=failed_only)) is not None:
            raise Refused(reason)
        await self._api.write(repository, "POST", Request(path, _name(repository, run_id), json=False), None)
        return Rerun(run_id=run_id, attempt=run.run_attempt + 1)

    async def cancel(self, repository: RepositoryName, run_id: int, *, force: bool) -> Cancelled:
        """Stop a run. Forced, also jobs whose conditions let them run after a cancellation."""
        run = await self._actions.run(repository, run_id, current=True)
        if (reason := run.why_no_cancel()) is not None:
            raise Refused(reason)
        path = ("actions", "runs", run_id, "force-cancel" if force else "cancel")
        try:
            await self._api.write(repository, "POST", Request(path, _name(repository, run_id), json=False), None)
        except RefusedByGitHub as refused:
            if refused.status != 409:
                raise
            after = await self._actions.run(repository, run_id, current=True)  # it ended in between
            raise Refused(after.why_no_cancel() or str(refused)) from None
        return Cancelled(run_id=run_id, state="cancelling")

    async def find_cancelled(self, repository: RepositoryName, run_id: int) -> Cancelled | None:
        """The cancellation by an earlier attempt. A run that still runs can be cancelled again without harm."""
        run = await self._actions.run(repository, run_id, current=True)
        return Cancelled(run_id=run_id, state="cancelled") if run.conclusion == "cancelled" else None


def _name(repository: RepositoryName, run_id: int) -> str:
    return f"run {run_id} in {repository.full}"

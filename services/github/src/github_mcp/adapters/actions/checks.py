"""Checks and commit statuses at GitHub."""

import asyncio

from github_mcp.adapters.api.client import GitHubApi, Request, parsed
from github_mcp.adapters.api.errors import UNKNOWN_REF, RefusedByGitHub
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.numbered_lists import whole_list
from github_mcp.models.actions.checks import CheckRun, Checks, CommitStatus, WireCheck
from github_mcp.models.actions.run_states import RunState
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullHead
from servicekit.core import Refused, Unavailable
from servicekit.schema import Missing


class GitHubChecks:
    """Implements `CommitChecks`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def default_branch(self, repository: RepositoryName) -> str:
        """The default branch."""
        return (await self._api.access.reading(repository)).default_branch

    async def head_of_pull(self, repository: RepositoryName, number: int) -> PullHead:
        """The head of a pull request."""
        request = Request(("pulls", number), f"pull request #{number} in {repository.full}")
        return parsed(PullHead, (await self._api.read(repository, request)).json())

    async def of_commit(self, repository: RepositoryName, ref: str) -> Checks:
        """The latest check of each name, and the latest status of each context, read concurrently.

        GitHub keeps the two apart, and a token may have the right to read only one of them.
        """
        found: list[CheckRun] = []
        failures: dict[str, Refused | Unavailable] = {}
        await self._api.access.reading(repository)
        parts = {"check runs": self._check_runs(repository, ref), "commit statuses": self._statuses(repository, ref)}
        for part, result in zip(parts, await asyncio.gather(*parts.values(), return_exceptions=True), strict=True):
            if isinstance(result, (Refused, Unavailable)):
                failures[part] = result
            elif isinstance(result, BaseException):
                raise result
            else:
                found += result
        if len(failures) == len(parts):
            if all(isinstance(one, RefusedByGitHub) and one.status in UNKNOWN_REF for one in failures.values()):
                raise await self._names.no_ref(repository, ref)
            raise next(iter(failures.values()))
        return Checks(found, [Missing(part=part, reason=str(failure)) for part, failure in failures.items()])

    async def _check_runs(self, repository: RepositoryName, ref: str) -> list[CheckRun]:
        request = Request(("commits", ref, "check-runs"), f"commit {ref} in {repository.full}")
        found = await whole_list(self._api, WireCheck, repository, request, "check_runs")
        heads = {one.head_sha for one in found if one.needs_suite and one.head_sha is not None}
        suites: dict[int, int] = {}
        for sha in heads:
            suites |= await self._runs_of_suites(repository, sha)
        return [one.as_check(suites) for one in found]

    async def _runs_of_suites(self, repository: RepositoryName, sha: str) -> dict[int, int]:
        """The ids of a commit's runs by their check suites; none where they cannot be read."""
        request = Request(("actions", "runs"), f"runs of {sha} in {repository.full}", {"head_sha": sha})
        try:
            runs = await whole_list(self._api, RunState, repository, request, "workflow_runs")
        except (Refused, Unavailable):
            return {}
        return {run.suite_id: run.id for run in runs if run.suite_id is not None and run.id}

    async def _statuses(self, repository: RepositoryName, ref: str) -> list[CheckRun]:
        request = Request(("commits", ref, "status"), f"commit {ref} in {repository.full}")
        found = await whole_list(self._api, CommitStatus, repository, request, "statuses")
        return [one.as_check() for one in found]

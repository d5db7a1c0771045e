"""The tool for checks of commits."""

from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions.checks import CheckRuns
from github_mcp.models.actions.logs import BAD, gravity
from github_mcp.models.identifiers import Number, Owner, Ref, Repo, RepositoryName
from github_mcp.ports.checks import CommitChecks
from servicekit.core import Refused
from servicekit.schema import cut_notice

PullNumber = Annotated[Number, Field(description="Pull request.")]
_MOST_CHECKS: Final = 100


class CheckTools:
    def __init__(self, checks: CommitChecks) -> None:
        self._checks = checks

    async def get_check_runs(
        self, owner: Owner, repo: Repo, ref: Ref | None = None, pull_number: PullNumber | None = None
    ) -> CheckRuns:
        """CI status (checks, build, pipeline) of a branch, commit or pull request (PR): whether tests passed (green),
        fail (red, broken) or still run."""
        repository = RepositoryName(owner, repo)
        if pull_number is not None:
            if ref is not None:
                raise Refused("Give either ref or pull_number, not both.")
            ref = (await self._checks.head_of_pull(repository, pull_number)).sha
        ref = ref or await self._checks.default_branch(repository)
        found = await self._checks.of_commit(repository, ref)
        checks = sorted(found.checks, key=lambda check: gravity(check.conclusion))
        failed = [check.name for check in checks if check.conclusion in BAD]
        notice = None
        if not checks and not found.missing:
            notice = "This commit has neither checks nor statuses."
        elif len(checks) > _MOST_CHECKS:
            notice = cut_notice(_MOST_CHECKS, len(checks), "checks", "Failed ones come first; `failed` names all.")
        return CheckRuns(
            ref=ref, failed=failed, checks=checks[:_MOST_CHECKS], notice=notice, missing=found.missing or None
        )

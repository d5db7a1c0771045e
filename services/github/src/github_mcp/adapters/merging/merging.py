"""Merging at GitHub, and what decides about it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.credential_rights import CredentialRights
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.merging.graphql_facts import graphql_facts
from github_mcp.adapters.merging.rest_facts import all_checks, behind_by, is_bound, more_paths, owners_at, rest_facts
from github_mcp.models.changes import Merged
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.merging.branch_rules import MergeMethod
from github_mcp.models.merging.facts import MergeFacts
from github_mcp.models.merging.readiness import WORKFLOWS, method_rules
from github_mcp.models.merging.refusals import reasons_in
from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.ports.merging import MergeRefused
from servicekit.core import OutcomeUnknown, Refused, Unavailable
from servicekit.schema import Missing

_NO_RIGHT: Final = (
    "GitHub does not let this server merge in {}: its credential may read there, but not write. Nothing was changed. "
    "Ask the operator to grant it write access to contents and pull requests."
)


class GitHubMerging:
    """Implements `Merging`.

    Args:
        rights: what this server's credential may do.
    """

    def __init__(self, api: GitHubApi, rights: CredentialRights) -> None:
        self._api = api
        self._rights = rights

    async def facts(self, repository: RepositoryName, pull: PullRequest, method: MergeMethod) -> MergeFacts:
        """What decides about this merge: one request to GraphQL, and more only where these facts call for it."""
        try:
            facts = await graphql_facts(self._api, repository, pull.number)
        except (Refused, Unavailable):
            facts = await rest_facts(self._api, repository, pull)
        facts = replace(facts, from_fork=(pull.head_repository or "").lower() != repository.full.lower())
        parts = self._needed(repository, pull, facts, method)
        results = await asyncio.gather(*parts.values(), return_exceptions=True)
        for name, result in zip(parts, results, strict=True):
            if isinstance(result, (Refused, Unavailable)):
                words = name.replace("_", " ")
                facts = replace(facts, missing=[*facts.missing, Missing(part=words, reason=str(result))])
            elif isinstance(result, BaseException):
                raise result
            else:
                facts = replace(facts, **{name: result})
        return facts

    def _needed(
        self, repository: RepositoryName, pull: PullRequest, facts: MergeFacts, method: MergeMethod
    ) -> dict[str, Awaitable[Any]]:
        """What else to read, by the name of its fact."""
        api, parts = self._api, dict[str, Awaitable[Any]]()
        if facts.paths is not None and any(path.startswith(WORKFLOWS) for path in facts.paths.paths):
            parts["writes_workflows"] = self._rights.writes_workflows()
        if facts.rules is None:
            return parts
        # Where nothing else is missing, GitHub does not say whether the account may bypass the rules about methods.
        against = method_rules(facts.rules, method, pull.base)
        asks = bool(against) if facts.is_accepted else facts.can_bypass is None
        if asks and facts.is_administrator is False:
            parts["is_bound"] = is_bound(api, repository, facts.rules.rulesets)
        if facts.is_accepted:
            return parts
        if facts.rules.code_owners and facts.decision in (None, "REVIEW_REQUIRED", "CHANGES_REQUESTED"):
            parts["owners"] = owners_at(api, repository, pull.base)
            if facts.paths is not None and not facts.paths.all:
                parts["paths"] = more_paths(api, repository, pull.number)
        if facts.rules.up_to_date and facts.state != "behind":
            parts["behind_by"] = behind_by(api, repository, pull.base, pull.head_sha)
        if facts.rules.checks and facts.checks is None:
            parts["checks"] = all_checks(api, repository, pull.head_sha)
        return parts

    async def merge(
        self, repository: RepositoryName, number: int, head: str, method: MergeMethod, title: str | None
    ) -> Merged:
        """Merge if the head is still `head`. Never retried automatically: GitHub refuses a second merge."""
        content = {"sha": head, "merge_method": method, **({"commit_title": title} if title else {})}
        request = Request(("pulls", number, "merge"), f"the merge of pull request #{number} in {repository.full}")
        try:
            data = await self._api.write(repository, "PUT", request, content, idempotent=False)
        except RefusedByGitHub as refused:
            if refused.status == 404:
                raise MergeRefused(_NO_RIGHT.format(repository.full)) from None
            raise MergeRefused(str(refused), reasons_in(refused.said)) from None
        sha = data.get("sha") if isinstance(data, dict) else None
        if not isinstance(sha, str):
            raise OutcomeUnknown("GitHub")
        return Merged(number=number, sha=sha)

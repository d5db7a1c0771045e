"""Parents and sub-issues at GitHub. Those in repositories that the caller may not see are counted, not shown."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed
from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.issues import LinkedIssue
from servicekit.core import Refused, Unavailable
from servicekit.schema import Missing

_PAGE: Final = 100
"""GitHub allows 100 sub-issues of an issue."""
_HIDDEN: Final = "Outside your grants, or hidden from this server."


class IssueLinks:
    """Reads parents and sub-issues."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def around(self, repository: RepositoryName, number: int, data: Mapping[str, Any]) -> dict[str, Any]:
        """The fields `parent`, `sub_issues` and `missing` of an issue. An issue that has neither costs no request.

        Args:
            data: the issue as GitHub sent it.
        """
        summary = data.get("sub_issues_summary")
        total = summary.get("total") if isinstance(summary, Mapping) else None
        missing: list[Missing] = []
        has_parent = isinstance(data.get("parent_issue_url"), str)
        parent, sub_issues = await asyncio.gather(
            self._parent(repository, number, missing) if has_parent else _none(),
            self._sub_issues(repository, number, total, missing) if isinstance(total, int) and total else _none(),
        )
        if total == 0:
            sub_issues = ()
        return {"parent": parent, "sub_issues": sub_issues, "missing": tuple(missing) or None}

    async def parent_of(self, repository: RepositoryName, number: int) -> Mapping[str, Any] | None:
        """The parent of an issue as GitHub sends it now, or None."""
        request = Request(("issues", number, "parent"), f"issue #{number} in {repository.full}", current=True)
        found = await self._api.read_or_none(repository, request)
        return found if isinstance(found, Mapping) else None

    async def sub_issues_of(
        self, repository: RepositoryName, number: int, *, current: bool = False
    ) -> list[Mapping[str, Any]]:
        """The sub-issues of an issue as GitHub sends them, by priority."""
        what = f"issue #{number} in {repository.full}"
        request = Request(("issues", number, "sub_issues"), what, {"per_page": _PAGE}, current=current)
        data = (await self._api.read(repository, request)).json()
        if not isinstance(data, list):
            raise UnexpectedResponse
        return [one for one in data if isinstance(one, Mapping)]

    async def _parent(self, repository: RepositoryName, number: int, missing: list[Missing]) -> LinkedIssue | None:
        try:
            request = Request(("issues", number, "parent"), f"the parent of issue #{number} in {repository.full}")
            shown = await self._shown(repository, (await self._api.read(repository, request)).json())
        except (Refused, Unavailable) as error:
            missing.append(Missing(part="parent", reason=str(error)))
            return None
        if shown is None:
            missing.append(Missing(part="parent", reason=_HIDDEN))
        return shown

    async def _sub_issues(
        self, repository: RepositoryName, number: int, total: int, missing: list[Missing]
    ) -> tuple[LinkedIssue, ...] | None:
        try:
            found = await self.sub_issues_of(repository, number)
            shown = [one for one in await asyncio.gather(*(self._shown(repository, one) for one in found)) if one]
        except (Refused, Unavailable) as error:
            missing.append(Missing(part="sub-issues", reason=str(error)))
            return None
        if total > len(shown):
            missing.append(Missing(part=f"{total - len(shown)} of {total} sub-issues", reason=_HIDDEN))
        return tuple(shown)

    async def _shown(self, home: RepositoryName, item: Any) -> LinkedIssue | None:
        """A linked issue; None if the caller may not see its repository."""
        name = repository_of(item)
        if name.full.lower() != home.full.lower() and not await self._api.access.may_show(name):
            return None
        return parsed(LinkedIssue, item).model_copy(update={"repository": name.full})


def repository_of(item: Any) -> RepositoryName:
    """The repository of an issue that GitHub sent.

    Raises:
        UnexpectedResponse: it is not named.
    """
    url = item.get("repository_url") if isinstance(item, Mapping) else None
    parts = url.split("/")[-2:] if isinstance(url, str) else []
    if len(parts) != 2:
        raise UnexpectedResponse
    return RepositoryName(*parts)


async def _none() -> None:
    return None

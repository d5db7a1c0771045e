"""Creating and changing issues at GitHub."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.written_bodies import new_body
from github_mcp.adapters.issues.planned_names import PlannedNames
from github_mcp.models.changes import WrittenIssue
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.arguments import issue_at
from github_mcp.ports.issues import IssueText
from servicekit.core import Refused

_NAMED: Final = {"labels": "name", "assignees": "login"}
_VALUED: Final = {"milestone": "number", "type": "name"}
_DROPPED: Final = "GitHub accepted the write and left unchanged: {}. It drops them where write access is missing."


class IssueWrites:
    """Creates and changes issues."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._planned = PlannedNames(api)

    async def create(self, repository: RepositoryName, text: IssueText) -> WrittenIssue:
        """Open an issue that carries the effect id of the current write."""
        content = {**await self._content(repository, text), "body": with_effect_id(text.body)}
        return await self._written(
            repository, "POST", Request(("issues",), f"a new issue in {repository.full}"), content
        )

    async def find_created(self, repository: RepositoryName) -> WrittenIssue | None:
        """The recent issue that carries the effect id of the current write."""
        query: dict[str, Any] = {"state": "all", "sort": "created", "direction": "desc", "per_page": 100}
        request = Request(("issues",), f"repository {repository.full}", query, current=True)
        reply = await self._api.read(repository, request)
        found = find_own(reply.json())
        return parsed(WrittenIssue, found) if found is not None else None

    async def update(self, repository: RepositoryName, number: int, text: IssueText) -> WrittenIssue:
        """Change the given fields. Idempotent."""
        request = Request(("issues", number), f"issue #{number} in {repository.full}")
        content = await self._content(repository, text)
        if text.duplicate_of is not None:
            content["duplicate_issue_id"] = await self._duplicate(repository, number, text.duplicate_of)
        if text.body is not None or text.edits is not None:
            present = replace(request, current=True)
            content["body"] = await new_body(self._api, repository, present, text.body, text.edits)
        return await self._written(repository, "PATCH", request, content)

    async def _content(self, repository: RepositoryName, text: IssueText) -> dict[str, Any]:
        """The members of a request, without the body. Null clears a milestone or type."""
        content: dict[str, Any] = {
            "title": text.title,
            "state": text.state,
            "state_reason": text.state_reason,
            "labels": list(text.labels) if text.labels is not None else None,
            "assignees": list(text.assignees) if text.assignees is not None else None,
        }
        content = {name: value for name, value in content.items() if value is not None}
        if text.milestone is not None:
            given = text.milestone
            content["milestone"] = await self._planned.milestone(repository, given) if given else None
        if text.type is not None:
            content["type"] = text.type or None
        return content

    async def _duplicate(self, repository: RepositoryName, number: int, given: str) -> int:
        """The id of the issue that this one repeats."""
        home, original = issue_at(given, repository)
        if (home.full.lower(), original) == (repository.full.lower(), number):
            raise Refused("An issue is no duplicate of itself. duplicate_of names the issue that stays.")
        return await issue_id(self._api, home, original, "duplicate_of")

    async def _written(
        self, repository: RepositoryName, method: str, request: Request, content: dict[str, Any]
    ) -> WrittenIssue:
        """Write an issue. A change of one is idempotent."""
        try:
            data = await self._api.write(repository, method, request, content, idempotent=method == "PATCH")
        except RefusedByGitHub as refused:
            if refused.status != 422:
                raise
            corrected = await self._corrected(repository, content)
            if corrected == content:
                raise
            data = await self._api.write(repository, method, request, corrected, idempotent=method == "PATCH")
        found = written(WrittenIssue, data)
        dropped = _dropped(content, data)
        return found.model_copy(update={"notice": _DROPPED.format(", ".join(dropped))}) if dropped else found

    async def _corrected(self, repository: RepositoryName, content: dict[str, Any]) -> dict[str, Any]:
        """The members of a refused request, with its issue type as GitHub spells it.

        Raises:
            Refused: a user, milestone or type does not exist.
        """
        for place, login in enumerate(content.get("assignees") or ()):
            await self._names.require_user(repository, login, f"assignees.{place}")
        corrected = dict(content)
        if (milestone := content.get("milestone")) is not None:
            corrected["milestone"] = await self._planned.known_milestone(repository, str(milestone))
        if (kind := content.get("type")) is not None:
            corrected["type"] = await self._planned.known_type(repository, kind)
        return corrected


async def issue_id(api: GitHubApi, repository: RepositoryName, number: int, argument: str) -> int:
    """The id of an issue, which GitHub wants in place of its number.

    Raises:
        Refused: there is no such issue, or it is a pull request.
    """
    request = Request(("issues", number), f"issue #{number} in {repository.full} ({argument})", current=True)
    data = (await api.read(repository, request)).json()
    found = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(found, int):
        raise UnexpectedResponse
    if data.get("pull_request") is not None:
        raise Refused(f"#{number} in {repository.full} is a pull request, and {argument} must be an issue.")
    return found


def _dropped(content: Mapping[str, Any], data: Any) -> list[str]:
    """The members that GitHub did not apply, as far as its response shows them."""
    if not isinstance(data, Mapping):
        return []
    dropped = []
    for name, key in _NAMED.items():
        if name in content and isinstance(data.get(name), list):
            present = {str(one[key]).casefold() for one in data[name] if isinstance(one, Mapping) and key in one}
            if present != {str(one).casefold() for one in content[name]}:
                dropped.append(name)
    for name, key in _VALUED.items():
        if name in content and name in data:
            value = data[name].get(key) if isinstance(data[name], Mapping) else data[name]
            if str(value).casefold() != str(content[name]).casefold():
                dropped.append(name)
    return dropped

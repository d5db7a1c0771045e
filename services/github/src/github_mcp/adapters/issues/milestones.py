"""Milestones at GitHub."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.issues.planned_names import PlannedNames
from github_mcp.models.effect_marks import split_mark, with_mark, without_mark
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.planning import Milestone, WrittenMilestone
from github_mcp.ports.issues import State
from github_mcp.ports.planning import MilestoneText
from servicekit.core import Refused
from servicekit.schema import CursorKey, Page, show_line, with_endings_of


class Milestones:
    """Reads and writes milestones."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._planned = PlannedNames(api)

    async def list(
        self, repository: RepositoryName, state: State, limit: int, cursor: CursorKey | None
    ) -> Page[Milestone]:
        """By due date, those without one last."""

        async def fetch(number: int, size: int) -> Fetched[Milestone]:
            query = {"state": state, "sort": "due_on", "direction": "asc", "per_page": size, "page": number}
            reply = await self._api.read(repository, Request(("milestones",), f"repository {repository.full}", query))
            return fetched(reply, parsed_list(Milestone, reply.json()), size)

        return await collect(fetch, limit, cursor)

    async def create(self, repository: RepositoryName, text: MilestoneText) -> WrittenMilestone:
        """Create a milestone whose description carries the effect id of the current write."""
        content = {**_content(text), "description": with_effect_id(text.description)}
        request = Request(("milestones",), f"a new milestone in {repository.full}")
        return await self._written(repository, "POST", request, content)

    async def find_created(self, repository: RepositoryName) -> WrittenMilestone | None:
        """The milestone that carries the effect id of the current write."""
        found = find_own(await self._planned.milestones(repository, "all", current=True), "description")
        return parsed(WrittenMilestone, found) if found is not None else None

    async def update(self, repository: RepositoryName, milestone: str, text: MilestoneText) -> WrittenMilestone:
        """Change the given fields; the effect id in the description stays. Idempotent."""
        number = await self._planned.milestone(repository, milestone)
        content = _content(text)
        try:
            if text.description is not None:
                content["description"] = await self._description(repository, number, text.description)
            request = Request(("milestones", number), f"milestone {number} of {repository.full}")
            return await self._written(repository, "PATCH", request, content)
        except RefusedByGitHub as refused:
            if refused.status == 404:
                await self._planned.known_milestone(repository, milestone)
            raise

    async def _description(self, repository: RepositoryName, number: int, text: str) -> str:
        """A new description, with the line endings and the effect id of the present one."""
        request = Request(("milestones", number), f"milestone {number} of {repository.full}", current=True)
        data = (await self._api.read(repository, request)).json()
        description = data.get("description") if isinstance(data, Mapping) else None
        present, mark = split_mark(description if isinstance(description, str) else "")
        return with_mark(with_endings_of(present, without_mark(text)), mark)

    async def _written(
        self, repository: RepositoryName, method: str, request: Request, content: dict[str, Any]
    ) -> WrittenMilestone:
        try:
            data = await self._api.write(repository, method, request, content, idempotent=method == "PATCH")
        except RefusedByGitHub as refused:
            if refused.status == 422 and isinstance(title := content.get("title"), str):
                await self._require_free(repository, title)
            raise
        return written(WrittenMilestone, data)

    async def _require_free(self, repository: RepositoryName, title: str) -> None:
        for one in await self._planned.milestones(repository, "all", current=True):
            if str(one.get("title")).casefold() == title.casefold():
                raise Refused(
                    f"There is a milestone {show_line(title)} already: number {one.get('number')}, {one.get('state')}. "
                    "Nothing was written. update_milestone changes it."
                )


def _content(text: MilestoneText) -> dict[str, Any]:
    content = {"title": text.title, "state": text.state, "due_on": _moment(text.due_on) if text.due_on else None}
    return {
        **{name: value for name, value in content.items() if value is not None},
        **({"due_on": None} if text.without_due_date else {}),
    }


def _moment(day: date) -> str:
    """A moment of this day in every zone of the Americas and in UTC, since GitHub keeps the day of California."""
    return f"{day.isoformat()}T12:00:00Z"

"""Reviews of pull requests at GitHub, and requests for them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, everything, fetched
from github_mcp.adapters.pulls.threads import ReviewThreads, no_thread
from github_mcp.models.changes import ReviewRequests, WrittenComment, WrittenReview, WrittenThread
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.reviews import Review
from github_mcp.ports.reviews import Discussion, LineComment, ReviewText
from servicekit.core import Refused, Unavailable
from servicekit.schema import Missing
from servicekit.upstream import Query


class GitHubReviews:
    """Implements `Reviews`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._threads = ReviewThreads(api)

    async def discussion(self, repository: RepositoryName, number: int) -> Discussion:
        """Reviews and threads, read concurrently. What cannot be had is among `missing`."""
        await self._api.access.reading(repository)
        reviews, threads = await asyncio.gather(
            self._listed(repository, number), self._threads.read(repository, number), return_exceptions=True
        )
        found = Discussion() if isinstance(threads, BaseException) else threads
        for part, failure in {"reviews": reviews, "threads": threads, "review_decision": threads}.items():
            if isinstance(failure, (Refused, Unavailable)):
                found = replace(found, missing=[*found.missing, Missing(part=part, reason=str(failure))])
            elif isinstance(failure, BaseException):
                raise failure
        return found if isinstance(reviews, BaseException) else replace(found, reviews=reviews)

    async def threads(self, repository: RepositoryName, number: int) -> Discussion:
        return await self._threads.read(repository, number)

    async def submit(self, repository: RepositoryName, number: int, text: ReviewText) -> WrittenReview:
        """Submit a review with all its comments at once."""
        content: dict[str, Any] = {"event": text.event, "body": with_effect_id(text.body), "commit_id": text.head}
        if text.comments:
            content["comments"] = [_wire(comment) for comment in text.comments]
        request = Request(("pulls", number, "reviews"), _name(repository, number))
        try:
            return written(WrittenReview, await self._api.write(repository, "POST", request, content))
        except RefusedByGitHub as refused:
            if refused.status != 422 or not text.comments:
                raise
            words = "Comment on lines that get_pull_request_diff shows, at its head_sha. Nothing was written."
            raise Refused(f"{refused} {words}") from None

    async def find_submitted(self, repository: RepositoryName, number: int) -> WrittenReview | None:
        """The review that carries the effect id of the current write."""
        found = find_own(await self._pages(repository, number, current=True))
        return parsed(WrittenReview, found) if found is not None else None

    async def reply(self, repository: RepositoryName, number: int, thread: int, body: str) -> WrittenComment:
        """Add a comment to a thread, which any of its comments names."""
        what = f"thread {thread} of {_name(repository, number)}"
        content = {"body": with_effect_id(body)}
        try:
            request = Request(("pulls", number, "comments", thread, "replies"), what)
            return written(WrittenComment, await self._api.write(repository, "POST", request, content))
        except RefusedByGitHub as refused:
            if refused.status not in (404, 422):
                raise
            first = await self._first_comment(repository, number, thread)
            if first == thread:
                raise
        request = Request(("pulls", number, "comments", first, "replies"), what)
        return written(WrittenComment, await self._api.write(repository, "POST", request, content))

    async def _first_comment(self, repository: RepositoryName, number: int, comment: int) -> int:
        """The first comment of the thread that holds a comment. GitHub accepts replies only to that one.

        Raises:
            Refused: the pull request has no such comment.
        """
        request = Request(("pulls", "comments", comment), f"comment {comment} in {repository.full}")
        found = await self._api.read_or_none(repository, request)
        url = found.get("pull_request_url") if isinstance(found, dict) else None
        if not isinstance(url, str) or not url.endswith(f"/pulls/{number}"):
            raise no_thread(repository, number, comment)
        first = found.get("in_reply_to_id")
        return first if isinstance(first, int) else comment

    async def find_reply(self, repository: RepositoryName, number: int) -> WrittenComment | None:
        """The recent comment of a thread that carries the effect id of the current write."""
        query: Query = {"sort": "created", "direction": "desc", "per_page": 100}
        request = Request(("pulls", number, "comments"), _name(repository, number), query, current=True)
        found = find_own((await self._api.read(repository, request)).json())
        return parsed(WrittenComment, found) if found is not None else None

    async def resolve(self, repository: RepositoryName, number: int, thread: int, *, resolved: bool) -> WrittenThread:
        return await self._threads.resolve(repository, number, thread, resolved=resolved)

    async def request(
        self, repository: RepositoryName, number: int, users: Sequence[str], teams: Sequence[str], *, remove: bool
    ) -> ReviewRequests:
        """Request reviews, or withdraw the requests. Both are idempotent."""
        request = Request(("pulls", number, "requested_reviewers"), _name(repository, number))
        content = {"reviewers": list(users), "team_reviewers": list(teams)}
        method = "DELETE" if remove else "POST"
        try:
            data = await self._api.write(repository, method, request, content, idempotent=True)
        except RefusedByGitHub as refused:
            if refused.status == 422:
                for place, login in enumerate(users):
                    await self._names.require_user(repository, login, f"reviewers.{place}")
                for place, team in enumerate(teams):
                    await self._names.require_team(repository, team, f"teams.{place}")
                raise Refused(
                    f"{refused} Nothing was requested. list_collaborators and list_teams (toolset people) show who can "
                    "review."
                ) from None
            raise
        return written(ReviewRequests, data)

    async def _listed(self, repository: RepositoryName, number: int) -> list[Review]:
        found = [parsed(Review, one) for one in await self._pages(repository, number)]
        return [one if one.body else one.model_copy(update={"body": None}) for one in found]

    async def _pages(self, repository: RepositoryName, number: int, *, current: bool = False) -> list[Any]:
        """All reviews, oldest first, as GitHub sends them."""

        async def fetch(page: int, size: int) -> Fetched[Any]:
            query = {"per_page": size, "page": page}
            request = Request(("pulls", number, "reviews"), _name(repository, number), query, current=current)
            reply = await self._api.read(repository, request)
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            return fetched(reply, data, size)

        return await everything(fetch)


def _wire(comment: LineComment) -> dict[str, Any]:
    content: dict[str, Any] = {
        "path": comment.path,
        "line": comment.line,
        "side": comment.side,
        "body": comment.body,
    }
    if comment.start_line is not None:
        content |= {"start_line": comment.start_line, "start_side": comment.side}
    return content


def _name(repository: RepositoryName, number: int) -> str:
    return f"pull request #{number} in {repository.full}"

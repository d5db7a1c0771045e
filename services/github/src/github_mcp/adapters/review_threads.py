"""Threads of comments on lines of a pull request."""

from typing import Any

from github_mcp.adapters.api import GitHubApi, Request
from github_mcp.adapters.errors import UnexpectedResponse
from github_mcp.adapters.paging import Fetched, everything, fetched
from github_mcp.adapters.thread_comments import threads_of
from github_mcp.models.identifiers import RepositoryName
from github_mcp.ports.reviews import Discussion
from servicekit.core import Refused


class ReviewThreads:
    """Reads threads."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def read(self, repository: RepositoryName, number: int) -> Discussion:
        """The threads, in the order in which they were begun."""
        return Discussion(threads=threads_of(await self._comments(repository, number)))

    async def _comments(self, repository: RepositoryName, number: int) -> list[Any]:
        """All comments of reviews, oldest first."""

        async def fetch(page: int, size: int) -> Fetched[Any]:
            query = {"per_page": size, "page": page}
            what = f"pull request #{number} in {repository.full}"
            reply = await self._api.read(repository, Request(("pulls", number, "comments"), what, query))
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            return fetched(reply, data, size)

        return await everything(fetch)


def no_thread(repository: RepositoryName, number: int, thread: int) -> Refused:
    """The refusal of a thread that the pull request does not have."""
    return Refused(
        f"Pull request #{number} in {repository.full} has no thread {thread} (thread_id). get_pull_request shows the "
        "ids of its threads."
    )

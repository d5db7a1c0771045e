"""Whole lists that GitHub pages by number, inside an object such as ``{"total_count": 3, "jobs": […]}``."""

from dataclasses import replace

from github_mcp.adapters.api.client import GitHubApi, Model, Request, parsed_list
from github_mcp.adapters.api.paging import Fetched, everything, fetched
from github_mcp.models.identifiers import RepositoryName


async def whole_list(
    api: GitHubApi, model: type[Model], repository: RepositoryName, request: Request, key: str
) -> list[Model]:
    """All records, at most a thousand.

    Args:
        key: the list's name in the object.
    """

    async def fetch(number: int, size: int) -> Fetched[Model]:
        page = replace(request, query={**(request.query or {}), "per_page": size, "page": number})
        reply = await api.read(repository, page)
        return fetched(reply, parsed_list(model, reply.json(), key), size)

    return await everything(fetch)

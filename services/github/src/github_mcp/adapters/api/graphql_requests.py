"""Requests to GitHub's GraphQL API: reads that are shared and retried, mutations that are sent once, and their cost."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from github_mcp.adapters.api.graphql import (
    RESOURCE,
    GraphAnswer,
    NotOffered,
    answer_of,
    cost_of,
    graphql_root,
    status_in,
)
from servicekit.upstream import CachePolicy, Upstream, UpstreamFailed, UpstreamResponse

_RECENT: Final = CachePolicy(fresh=2)
"""Simultaneous reads share one request, and so do those of two seconds. GraphQL has no ETag to revalidate later."""
_NOT_IMPLEMENTED: Final = "501"


class GraphQLRequests:
    """Sends documents with their variables. Which repositories they concern, its user checks.

    Args:
        upstream: the host of the REST API.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._root = graphql_root(upstream.origin.path)
        self._costs: dict[str, float] = {}

    async def read(self, what: str, content: Mapping[str, Any], *, recent: bool) -> GraphAnswer:
        """The answer to a query. The points that it cost count when the same document is sent again.

        Args:
            what: the requested thing, in words for error messages.
            content: the document and its variables.
            recent: an answer of the last two seconds will do.

        Raises:
            Refused: GitHub refused it as a whole.
            NotOffered: this GitHub server has no GraphQL, or not these fields.
        """
        reply = self._upstream.query(
            (),
            content,
            root=self._root,
            cache_policy=_RECENT if recent else None,
            cost=self._costs.get(content["query"], 1.0),
            resource=RESOURCE,
            status_in=status_in,
        )
        answer = await _answer(what, reply)
        if (cost := cost_of(answer)) is not None:
            self._costs[content["query"]] = cost
        return answer

    async def write(self, what: str, content: Mapping[str, Any]) -> GraphAnswer:
        """The answer to a mutation, which is sent once.

        Raises:
            Refused, NotOffered: as for `read`. Nothing was changed.
            OutcomeUnknown: no answer arrived.
        """
        reply = self._upstream.send(
            "POST",
            (),
            content=content,
            root=self._root,
            resource=RESOURCE,
            idempotent=False,
            follow=False,
            status_in=status_in,
        )
        return await _answer(what, reply)


async def _answer(what: str, reply: Awaitable[UpstreamResponse]) -> GraphAnswer:
    try:
        return answer_of(await reply, what)
    except UpstreamFailed as failure:
        if failure.kind == _NOT_IMPLEMENTED:
            raise NotOffered(what) from None
        raise

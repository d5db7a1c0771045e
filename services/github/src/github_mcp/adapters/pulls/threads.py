"""Threads of comments on lines of a pull request, over GraphQL: REST does not say which are resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed
from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.adapters.api.graphql import GraphAnswer
from github_mcp.adapters.api.paging import Fetched, everything, fetched
from github_mcp.adapters.pulls.thread_comments import COMMENTS, HUNK_LINES, threads_of
from github_mcp.models.changes import WrittenThread
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.diff_lines import end_of_hunk
from github_mcp.models.pulls.reviews import Thread
from github_mcp.ports.reviews import Discussion
from servicekit.core import OutcomeUnknown, Refused, Unavailable
from servicekit.schema import Missing

_PAGES: Final = 10
"""Pages of a hundred threads that are read."""
_THREADS: Final = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{
  rateLimit {{ cost }}
  repository(owner: $owner, name: $name, followRenames: false) {{
    pullRequest(number: $number) {{
      reviewDecision
      reviewThreads(first: 100, after: $after) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{
          id isResolved isOutdated path line startLine originalLine diffSide
          resolvedBy {{ login }}
          comments(first: {COMMENTS}) {{
            totalCount
            nodes {{ fullDatabaseId author {{ __typename login }} createdAt body diffHunk }}
          }}
        }}
      }}
    }}
  }}
}}
"""
_CHANGE: Final = "mutation($id: ID!) {{ {field}(input: {{threadId: $id}}) {{ thread {{ isResolved }} }} }}"


@dataclass(frozen=True, slots=True)
class _Node:
    """A thread with its GraphQL id."""

    id: str
    thread: Thread
    comments: frozenset[int]


class ReviewThreads:
    """Reads and resolves threads."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def read(self, repository: RepositoryName, number: int) -> Discussion:
        """The threads in the order in which they were begun, and the decision on the pull request.

        Where GraphQL is not to be had, the threads come from REST, and the rest is missing.
        """
        try:
            nodes, decision, more = await self._nodes(repository, number)
        except (Refused, Unavailable) as failure:
            threads = threads_of(await self._comments(repository, number))
            parts = ("review_decision", "which threads are resolved") if threads else ("review_decision",)
            return Discussion(threads=threads, missing=[Missing(part=part, reason=str(failure)) for part in parts])
        return Discussion(threads=[one.thread for one in nodes], more_threads=more, decision=decision)

    async def resolve(self, repository: RepositoryName, number: int, thread: int, *, resolved: bool) -> WrittenThread:
        """Resolve a thread or open it again. It is named by any of its comments. Idempotent.

        Raises:
            Refused: the pull request has no such thread.
        """
        nodes, _, _ = await self._nodes(repository, number, current=True)
        found = next((one for one in nodes if thread in one.comments), None)
        if found is None:
            raise no_thread(repository, number, thread)
        if found.thread.is_resolved is not resolved:
            field = "resolveReviewThread" if resolved else "unresolveReviewThread"
            what = f"thread {thread} of {_name(repository, number)}"
            document = _CHANGE.format(field=field)
            answer = await self._api.graphql(repository, what, document, {"id": found.id}, write=True)
            if answer.find(field, "thread", "isResolved") is not resolved:
                raise OutcomeUnknown("GitHub")
        return WrittenThread(thread_id=found.thread.id, is_resolved=resolved)

    async def _nodes(
        self, repository: RepositoryName, number: int, *, current: bool = False
    ) -> tuple[list[_Node], str | None, bool]:
        """The threads, the decision, and whether GitHub has more threads."""
        found: list[_Node] = []
        after, decision = None, None
        for _ in range(_PAGES):
            what, variables = _name(repository, number), {"number": number, "after": after}
            answer = await self._api.graphql(repository, what, _THREADS, variables, current=current)
            pull = _pull(answer, what)
            decision = pull.get("reviewDecision")
            page = pull.get("reviewThreads")
            nodes, info = (page.get("nodes"), page.get("pageInfo")) if isinstance(page, Mapping) else (None, None)
            if not isinstance(nodes, list) or not isinstance(info, Mapping):
                raise UnexpectedResponse
            found += [_node(one) for one in nodes if isinstance(one, Mapping)]
            after = info.get("endCursor")
            if info.get("hasNextPage") is not True or not isinstance(after, str):
                return found, decision, False
        return found, decision, True

    async def _comments(self, repository: RepositoryName, number: int) -> list[Any]:
        """All comments of reviews over REST, oldest first."""

        async def fetch(page: int, size: int) -> Fetched[Any]:
            query = {"per_page": size, "page": page}
            request = Request(("pulls", number, "comments"), _name(repository, number), query)
            reply = await self._api.read(repository, request)
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            return fetched(reply, data, size)

        return await everything(fetch)


def no_thread(repository: RepositoryName, number: int, thread: int) -> Refused:
    """The refusal of a thread that the pull request does not have."""
    return Refused(
        f"Pull request #{number} in {repository.full} has no thread {thread} (thread_id). get_pull_request shows the "
        "ids of its open threads."
    )


def _pull(answer: GraphAnswer, what: str) -> Mapping[str, Any]:
    pull = answer.find("repository", "pullRequest", what=what)
    answer.find("repository", "pullRequest", "reviewThreads", what="the review threads")
    if not isinstance(pull, Mapping):
        raise UnexpectedResponse
    return pull


def _node(data: Mapping[str, Any]) -> _Node:
    """A thread as REST would send it, read by the same models."""
    page = data.get("comments")
    nodes = page.get("nodes") if isinstance(page, Mapping) else None
    if not isinstance(page, Mapping) or not isinstance(nodes, list) or not isinstance(data.get("id"), str):
        raise UnexpectedResponse
    comments = [_comment(one) for one in nodes if isinstance(one, Mapping)]
    first = comments[0] if comments else {}
    thread = parsed(
        Thread,
        {
            "id": first.get("id"),
            "path": data.get("path"),
            "line": data.get("line"),
            "start_line": data.get("startLine"),
            "original_line": data.get("originalLine"),
            "side": data.get("diffSide"),
            "is_resolved": data.get("isResolved"),
            "is_outdated": data.get("isOutdated"),
            "resolved_by": _login(data.get("resolvedBy")),
            "diff_hunk": end_of_hunk(first.get("diff_hunk"), HUNK_LINES),
            "comment_count": page.get("totalCount"),
            "comments": comments,
        },
    )
    return _Node(data["id"], thread, frozenset(one.id for one in thread.comments))


def _comment(data: Mapping[str, Any]) -> dict[str, Any]:
    number, author = data.get("fullDatabaseId"), data.get("author")
    return {
        "id": int(number) if isinstance(number, str | int) and str(number).isdecimal() else None,
        "user": {"login": _login(author)} if isinstance(author, Mapping) else None,
        "created_at": data.get("createdAt"),
        "body": data.get("body"),
        "diff_hunk": data.get("diffHunk"),
    }


def _login(author: Any) -> str | None:
    """A login as REST writes it: that of an App ends with [bot]."""
    login = author.get("login") if isinstance(author, Mapping) else None
    if not isinstance(login, str):
        return None
    return f"{login}[bot]" if author.get("__typename") == "Bot" and not login.endswith("[bot]") else login


def _name(repository: RepositoryName, number: int) -> str:
    return f"pull request #{number} in {repository.full}"

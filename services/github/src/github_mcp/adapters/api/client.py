"""GitHub's REST API for the other adapters. `Access` checks every request about a repository."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from github_mcp.adapters.api.access import Access, require_new
from github_mcp.adapters.api.errors import EmptyRepository, UnexpectedResponse, refusal, says_empty
from github_mcp.adapters.api.graphql import GraphAnswer
from github_mcp.adapters.api.graphql_requests import GraphQLRequests
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import RepositoryFacts
from github_mcp.ports.repositories import PrivateReadings
from servicekit.core import OutcomeUnknown
from servicekit.upstream import REVALIDATE, CachePolicy, Query, Sink, Upstream, UpstreamResponse

Model = TypeVar("Model", bound=BaseModel)
Taker = TypeVar("Taker", bound=Sink)

VERSION: Final = "2022-11-28"
JSON: Final = "application/vnd.github+json"
DIFF: Final = "application/vnd.github.diff"
RAW: Final = "application/vnd.github.raw+json"
RECENT: Final = CachePolicy(fresh=2, keep=24 * 3600)
"""Simultaneous reads share one request. Later reads are revalidated with the ETag, which costs no quota."""
PINNED: Final = CachePolicy(fresh=24 * 3600)
"""For content addressed by a full SHA, which never changes."""
_NOT_KEPT: Final = CachePolicy()
_OWN_WRITE: Final = 5.0
"""Seconds after a write of this process during which every read of that repository is revalidated."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request about a repository.

    Attributes:
        path: segments below ``/repos/{owner}/{repo}``.
        what: the requested thing, in words for error messages.
        pinned: the response never changes.
        current: always revalidate; for reads that decide about a write.
        end: keep only the end of a response that is too long.
        follow: follow a redirect, as to a job's log. Other redirects lead to moved things, such as an issue
            transferred to a repository outside the caller's grants.
        confidential: only some people may read it, in a public repository too. It is not kept in the shared cache.
    """

    path: tuple[str | int, ...]
    what: str
    query: Query | None = None
    accept: str = JSON
    json: bool = True
    pinned: bool = False
    current: bool = False
    follow: bool = False
    end: bool = False
    confidential: bool = False


class GitHubApi:
    """Reads and writes, with grants, caching and error messages.

    Args:
        upstream: the API's host.
        readings: records callers who read from private repositories.
    """

    def __init__(self, upstream: Upstream, readings: PrivateReadings) -> None:
        self._upstream = upstream
        self.access = Access(self._look, readings)
        self._written: dict[str, float] = {}
        self._graphql = GraphQLRequests(upstream)

    async def read(self, repository: RepositoryName, request: Request) -> UpstreamResponse:
        """Read something in a repository.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub.
        """
        await self.access.reading(repository, confidential=request.confidential)
        path = ("repos", repository.owner, repository.repo, *request.path)
        reply = await self._ask(path, request, self._freshness(repository, request))
        if not reply.ok:
            raise await self._refusal(repository, reply, request.what)
        return reply

    async def stream(self, repository: RepositoryName, request: Request, into: Callable[[], Taker], most: int) -> Taker:
        """Pass a large file on in pieces, without keeping it.

        Args:
            into: makes what takes the file.
            most: the largest file, in bytes.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub.
        """
        await self.access.reading(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        headers = {"Accept": request.accept}
        reply, taken = await self._upstream.stream(path, request.query, into=into, most=most, headers=headers)
        if taken is None:
            raise await self._refusal(repository, reply, request.what)
        return taken

    async def read_or_none(self, repository: RepositoryName, request: Request) -> Any:
        """The JSON of something that may be missing; None on 404.

        Raises:
            Refused: outside the caller's grants, or refused for another reason.
        """
        await self.access.reading(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        reply = await self._ask(path, request, self._freshness(repository, request))
        if reply.status == 404 and not says_empty(reply):
            return None
        if not reply.ok:
            raise await self._refusal(repository, reply, request.what)
        return reply.json()

    async def read_with(self, repository: RepositoryName, request: Request, content: Any) -> Any:
        """The JSON that GitHub makes of `content`, which changes nothing although it is sent with POST.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub.
        """
        await self.access.reading(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        reply = await self._upstream.query(path, content, headers={"Accept": request.accept})
        if not reply.ok:
            raise await self._refusal(repository, reply, request.what)
        return reply.json()

    async def write(
        self, repository: RepositoryName, method: str, request: Request, content: Any, *, idempotent: bool = False
    ) -> Any:
        """Change something in a repository; the JSON of GitHub's response, None if it is empty.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub. Nothing was changed.
            OutcomeUnknown: no response arrived.
        """
        await self.access.facts(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        headers = {"Accept": request.accept}
        try:
            reply = await self._upstream.send(
                method, path, request.query, content=content, headers=headers, json=request.json,
                idempotent=idempotent, follow=False,
            )  # fmt: skip
        finally:
            self._note_write(repository)
        if not reply.ok:
            raise await self._refusal(repository, reply, request.what)
        return reply.json() if request.json and reply.body else None

    async def graphql(
        self,
        repository: RepositoryName,
        what: str,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        write: bool = False,
        current: bool = False,
    ) -> GraphAnswer:
        """Read or change something in a repository over GraphQL, for what REST does not offer.

        The repository is checked, not the ids among the variables: take these from an answer about the repository.

        Args:
            what: the requested thing, in words for error messages.
            document: one operation. `$owner` and `$name` are the repository's. A query asks for `rateLimit { cost }`.
            write: a mutation; never sent twice.
            current: do not use a recent answer; for reads that decide about a write.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub as a whole. Nothing was changed.
            NotOffered: this GitHub server has no GraphQL, or not these fields.
            OutcomeUnknown: no answer to a mutation arrived.
        """
        await (self.access.facts(repository) if write else self.access.reading(repository))
        own = {"owner": repository.owner, "name": repository.repo}
        content = {"query": document, "variables": {**own, **(variables or {})}}
        if not write:
            return await self._graphql.read(what, content, recent=not (current or self._just_written(repository)))
        try:
            return await self._graphql.write(what, content)
        finally:
            self._note_write(repository)

    async def create(self, repository: RepositoryName, path: tuple[str, ...], what: str, content: Any) -> Any:
        """Create a repository; the JSON of GitHub's response.

        Args:
            path: the whole path of the request, without a repository in it.

        Raises:
            Refused: outside the caller's grants, or refused by GitHub. Nothing was changed.
            OutcomeUnknown: no response arrived.
        """
        require_new(repository)
        headers = {"Accept": JSON}
        reply = await self._upstream.send(
            "POST", path, None, content=content, headers=headers, json=True, idempotent=False, follow=False
        )
        self.access.forget(repository)
        if not reply.ok:
            raise refusal(reply, what)
        return reply.json()

    async def read_global(self, path: tuple[str, ...], request: Request, resource: str = "") -> UpstreamResponse:
        """Read accounts, lists or searches. The caller of this method filters the result by grants."""
        return await self._get(path, replace(request, follow=True), RECENT, resource)

    async def _get(
        self, path: tuple[str | int, ...], request: Request, cache_policy: CachePolicy, resource: str = ""
    ) -> UpstreamResponse:
        reply = await self._ask(path, request, cache_policy, resource)
        if not reply.ok:
            raise refusal(reply, request.what)
        return reply

    async def _refusal(self, repository: RepositoryName, reply: UpstreamResponse, what: str) -> Exception:
        if says_empty(reply):
            return EmptyRepository(repository, await self.access.facts(repository))
        return refusal(reply, what)

    async def _ask(
        self, path: tuple[str | int, ...], request: Request, cache_policy: CachePolicy, resource: str = ""
    ) -> UpstreamResponse:
        return await self._upstream.get(
            path,
            request.query,
            headers={"Accept": request.accept},
            cache_policy=cache_policy,
            resource=resource,
            json=request.json,
            follow=request.follow,
            end=request.end,
        )

    async def _look(self, repository: RepositoryName) -> RepositoryFacts:
        request = Request((), f"repository {repository.full}", follow=True)
        reply = await self._get(("repos", repository.owner, repository.repo), request, REVALIDATE)
        return parsed(RepositoryFacts, reply.json())

    def _freshness(self, repository: RepositoryName, request: Request) -> CachePolicy:
        if request.confidential:
            return _NOT_KEPT
        if request.pinned:
            return PINNED
        return REVALIDATE if request.current or self._just_written(repository) else RECENT

    def _just_written(self, repository: RepositoryName) -> bool:
        return self._written.get(repository.full.lower(), 0.0) > time.monotonic()

    def _note_write(self, repository: RepositoryName) -> None:
        now = time.monotonic()
        kept = {name: until for name, until in self._written.items() if until > now}
        self._written = {**kept, repository.full.lower(): now + _OWN_WRITE}


def parsed(model: type[Model], data: Any) -> Model:
    """GitHub's JSON as a model.

    Raises:
        UnexpectedResponse: the JSON does not fit the model.
    """
    try:
        return model.model_validate(data)
    except ValidationError:
        raise UnexpectedResponse from None


def parsed_list(model: type[Model], data: Any, key: str | None = None) -> list[Model]:
    """GitHub's JSON as a list of models; `key` is the list's name inside an object."""
    if key is not None:
        data = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(data, list):
        raise UnexpectedResponse
    return [parsed(model, item) for item in data]


def written(model: type[Model], data: Any) -> Model:
    """The response to a write as a model. The write has taken effect, whatever the response says.

    Raises:
        OutcomeUnknown: the response does not fit the model.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise OutcomeUnknown("GitHub") from error

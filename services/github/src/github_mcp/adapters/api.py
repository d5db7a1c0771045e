"""GitHub's REST API for the other adapters: what is in a repository is reached through `Access`, or not at all."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from github_mcp.adapters.access import Access
from github_mcp.adapters.refusals import UnexpectedAnswer, refusal
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories import RepositoryFacts
from github_mcp.ports import PrivateReadings
from servicekit.core import OutcomeUnknown
from servicekit.upstream import CONFIRMED, CachePolicy, Query, Upstream, UpstreamResponse

Model = TypeVar("Model", bound=BaseModel)

VERSION: Final = "2022-11-28"
JSON: Final = "application/vnd.github+json"
DIFF: Final = "application/vnd.github.diff"
RAW: Final = "application/vnd.github.raw+json"
RECENT: Final = CachePolicy(fresh=2, keep=24 * 3600)
"""So that a crowd makes one request; after that GitHub is asked again, with the ETag, which costs no quota."""
PINNED: Final = CachePolicy(fresh=24 * 3600)
"""For what a full SHA names, which never changes."""
_OWN_WRITE: Final = 5.0
"""Seconds after a write of this process in which nothing of that repository is taken from the cache unasked."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked about a repository.

    Attributes:
        path: segments below ``/repos/{owner}/{repo}``.
        what: the thing, in words for a refusal.
        pinned: it never changes.
        current: GitHub is asked, however recently it was; for what decides about a write.
        end: of a long text its end is enough.
        follow: GitHub answers with the address of a file. Any other redirect leads to what has another name now, such
            as an issue that was moved to another repository, where the caller may have no business.
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


class GitHubApi:
    """Reads and writes, with grants, cache_policy and refusals.

    Args:
        upstream: the API's host.
        readings: remembers who read from private repositories.
    """

    def __init__(self, upstream: Upstream, readings: PrivateReadings) -> None:
        self._upstream = upstream
        self.access = Access(self._look, readings)
        self._written: dict[str, float] = {}

    async def read(self, repository: RepositoryName, request: Request) -> UpstreamResponse:
        """Something in a repository.

        Raises:
            Refused: outside the caller's grants, or GitHub has it not.
        """
        await self.access.reading(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        return await self._get(path, request, self._freshness(repository, request))

    async def read_or_none(self, repository: RepositoryName, request: Request) -> Any:
        """The JSON of something that may not be there; None where it is not.

        Raises:
            Refused: outside the caller's grants, or refused for another reason.
        """
        await self.access.reading(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        reply = await self._ask(path, request, self._freshness(repository, request))
        if reply.status == 404:
            return None
        if not reply.ok:
            raise refusal(reply, request.what)
        return reply.json()

    async def write(
        self, repository: RepositoryName, method: str, request: Request, content: Any, *, idempotent: bool = False
    ) -> Any:
        """Change something in a repository; the JSON that GitHub answers, None where there is none.

        Raises:
            Refused: outside the caller's grants, or GitHub does not take it. Nothing was changed.
            OutcomeUnknown: no answer came back.
        """
        await self.access.facts(repository)
        path = ("repos", repository.owner, repository.repo, *request.path)
        headers = {"Accept": request.accept}
        try:
            reply = await self._upstream.send(
                method,
                path,
                request.query,
                content=content,
                headers=headers,
                json=request.json,
                idempotent=idempotent,
                follow=False,
            )
        finally:
            self._written[repository.full.lower()] = time.monotonic() + _OWN_WRITE
            self._forget_old_writes()
        if not reply.ok:
            raise refusal(reply, request.what)
        return reply.json() if request.json and reply.body else None

    async def read_global(self, path: tuple[str, ...], request: Request, resource: str = "") -> UpstreamResponse:
        """Something that is in no repository: accounts, lists, searches. What it names has to be filtered by grants."""
        return await self._get(path, replace(request, follow=True), RECENT, resource)

    async def _get(
        self, path: tuple[str | int, ...], request: Request, cache_policy: CachePolicy, resource: str = ""
    ) -> UpstreamResponse:
        reply = await self._ask(path, request, cache_policy, resource)
        if not reply.ok:
            raise refusal(reply, request.what)
        return reply

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
        reply = await self._get(("repos", repository.owner, repository.repo), request, CONFIRMED)
        return parsed(RepositoryFacts, reply.json())

    def _freshness(self, repository: RepositoryName, request: Request) -> CachePolicy:
        if request.pinned:
            return PINNED
        just_written = self._written.get(repository.full.lower(), 0.0) > time.monotonic()
        return CONFIRMED if request.current or just_written else RECENT

    def _forget_old_writes(self) -> None:
        now = time.monotonic()
        self._written = {name: until for name, until in self._written.items() if until > now}


def parsed(model: type[Model], data: Any) -> Model:
    """GitHub's JSON as one of our nouns.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return model.model_validate(data)
    except ValidationError:
        raise UnexpectedAnswer from None


def parsed_list(model: type[Model], data: Any, key: str | None = None) -> list[Model]:
    """A list of them; `key` names it where it comes inside an object."""
    if key is not None:
        data = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(data, list):
        raise UnexpectedAnswer
    return [parsed(model, item) for item in data]


def written(model: type[Model], data: Any) -> Model:
    """The same for the answer to a write, which has taken effect, whatever the answer says.

    Raises:
        OutcomeUnknown: the answer cannot be understood.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise OutcomeUnknown("GitHub") from error

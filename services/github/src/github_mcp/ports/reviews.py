"""Reviews of pull requests and their threads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from github_mcp.models.changes import ReviewRequests, WrittenComment, WrittenReview, WrittenThread
from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.reviews import Review, Thread
from servicekit.schema import CursorKey, Missing, Page

ReviewEvent = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]


@dataclass(frozen=True, slots=True)
class Discussion:
    """What reviewers said about a pull request.

    Attributes:
        reviews: oldest first.
        threads: resolved ones too, in the order in which they were begun.
        more_threads: GitHub has further threads, which were not read.
        decision: GitHub's verdict on the reviews; None where no review is required, or it is among `missing`.
        missing: parts that could not be had.
    """

    reviews: Sequence[Review] = ()
    threads: Sequence[Thread] = ()
    more_threads: bool = False
    decision: str | None = None
    missing: list[Missing] = field(default_factory=list[Missing])


@dataclass(frozen=True, slots=True)
class LineComment:
    """A comment of a new review, as it is sent."""

    path: str
    line: int
    side: str
    body: str
    start_line: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewText:
    """A review to submit, of the commit `head`."""

    event: ReviewEvent
    head: str
    body: str | None = None
    comments: Sequence[LineComment] = ()


class Reviews(Protocol):
    """Reviews, threads and requests for reviews."""

    async def discussion(self, repository: RepositoryName, number: int) -> Discussion: ...
    async def threads(self, repository: RepositoryName, number: int) -> Discussion:
        """The threads alone, as many as GitHub gives."""
        ...

    async def submit(self, repository: RepositoryName, number: int, text: ReviewText) -> WrittenReview: ...
    async def find_submitted(self, repository: RepositoryName, number: int) -> WrittenReview | None: ...
    async def reply(self, repository: RepositoryName, number: int, thread: int, body: str) -> WrittenComment: ...
    async def find_reply(self, repository: RepositoryName, number: int) -> WrittenComment | None: ...
    async def resolve(
        self, repository: RepositoryName, number: int, thread: int, *, resolved: bool
    ) -> WrittenThread: ...
    async def request(
        self, repository: RepositoryName, number: int, users: Sequence[str], teams: Sequence[str], *, remove: bool
    ) -> ReviewRequests: ...


class ChangedFiles(Protocol):
    """The files that a pull request changes."""

    async def list(
        self, repository: RepositoryName, number: int, path: str | None, limit: int, cursor: CursorKey | None
    ) -> Page[ChangedFile]: ...
    async def of_paths(self, repository: RepositoryName, number: int, paths: Collection[str]) -> Sequence[ChangedFile]:
        """The changed files, read until all of `paths` are among them; all files if some are not."""
        ...

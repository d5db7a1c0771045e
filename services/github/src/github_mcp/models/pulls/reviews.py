"""Reviews of pull requests: opinions, and threads of comments on lines of files."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from github_mcp.models.identifiers import ChangedPath
from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.models.wire import Code, MarkedBody, Name, Wire, at
from servicekit.schema import Exact, FreeText, Missing

Side = Literal["RIGHT", "LEFT"]
_LONGEST: Final = 70_000
"""Characters of a text. GitHub's own limit of 65 536 is for text and suggestion together; its refusal says so."""
Line = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Review(Wire):
    """A review of the commit `commit_sha`."""

    id: int
    author: Name | None = at("user", "login")
    state: Name
    body: MarkedBody | None = None
    submitted_at: datetime | None = None
    commit_sha: str | None = Field(default=None, validation_alias="commit_id")


class ThreadComment(Wire):
    """A comment of a thread."""

    id: int
    author: Name | None = at("user", "login")
    created_at: datetime | None = None
    body: MarkedBody | None = None


class Thread(Wire):
    """Comments on one or more lines of a file, oldest first.

    Lines are those of the new file; where `side` is LEFT, those of the old one. An outdated thread has only the line
    that it was written about.
    """

    id: Annotated[int, Field(description="thread_id of reply_to_review_thread and resolve_review_thread.")]
    path: Name
    line: int | None = None
    start_line: int | None = None
    original_line: int | None = None
    side: Name | None = None
    is_resolved: bool | None = None
    is_outdated: bool | None = None
    resolved_by: Name | None = None
    diff_hunk: Annotated[Code | None, Field(description="The end of the part of the diff that it is about.")] = None
    comment_count: int
    comments: tuple[ThreadComment, ...] = ()


class ReviewedPull(PullRequest):
    """A pull request with its latest reviews and its open threads.

    `review_decision` is missing where the base branch requires no review. Pass `head_sha` to merge_pull_request,
    review_pull_request and get_check_runs.
    """

    review_decision: Name | None = None
    approved_by: tuple[Name, ...] | None = None
    changes_requested_by: tuple[Name, ...] | None = None
    reviews: tuple[Review, ...] | None = None
    threads: tuple[Thread, ...] | None = None
    notice: str | None = None
    missing: list[Missing] | None = None


class InlineComment(BaseModel):
    """A comment of a new review on one line, or on the lines from `start_line` to `line`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: ChangedPath
    line: Line
    start_line: Line | None = None
    side: Annotated[Side, Field(description="LEFT: removed lines.")] = "RIGHT"
    body: Annotated[str, FreeText(_LONGEST, "Markdown.")] | None = None
    suggestion: Annotated[
        Annotated[str, FreeText(_LONGEST, "New text of these lines.", shortest=0, blank=True)] | None, Exact(empty=True)
    ] = None

"""Comparisons of two refs, and who last changed which lines of a file."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from github_mcp.models.commits.commits import ChangedFile, CommitSummary
from github_mcp.models.wire import Body, Name, Wire, at, required_at
from servicekit.schema import Excerpt


class Comparison(Wire):
    """The commits that `head` has and `base` lacks, oldest first, and the files that they change together."""

    base: str = ""
    head: str = ""
    status: Name | None = None
    ahead_by: Annotated[int | None, Field(description="Commits that only head has.")] = None
    behind_by: Annotated[int | None, Field(description="Commits that only base has.")] = None
    merge_base_sha: str | None = at("merge_base_commit", "sha")
    commits: tuple[CommitSummary, ...] = ()
    files: tuple[ChangedFile, ...] = ()
    notice: str | None = None


class CommitMatch(CommitSummary):
    """A commit that a search found."""

    repository: Name = required_at("repository", "full_name")


class BlameCommit(Wire):
    """A commit that last changed some lines."""

    sha: str = Field(validation_alias="oid")
    subject: Body = Field(validation_alias="messageHeadline")
    author: Name | None = at("author", "user", "login")
    author_name: Body | None = at("author", "name")
    committed_at: datetime | None = Field(default=None, validation_alias="committedDate")
    url: str | None = None


class BlamedLines(BaseModel):
    """Consecutive lines that one commit last changed, and the number of that commit in `commits`, from 1."""

    first_line: int
    last_line: int
    commit: int


class Blame(Excerpt):
    """Who last changed which lines of a file."""

    repository: str
    path: str
    ref: Annotated[str, Field(description="Branch, tag or commit it was read at.")]
    lines: tuple[BlamedLines, ...]
    commits: tuple[BlameCommit, ...]
    notice: str | None = None

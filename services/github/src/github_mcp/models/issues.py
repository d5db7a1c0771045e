"""Issues and comments."""

from datetime import datetime

from pydantic import Field

from github_mcp.models.wire import MarkedBody, Name, Names, Title, Wire, at


class Comment(Wire):
    """A comment."""

    id: int
    author: Name | None = at("user", "login")
    created_at: datetime | None = None
    body: MarkedBody | None = None


class IssueSummary(Wire):
    """An issue in a list; `repository` is set in lists across repositories."""

    number: int
    title: Title
    state: Name
    state_reason: Name | None = None
    author: Name | None = at("user", "login")
    labels: Names = ()
    assignees: Names = ()
    comments: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str | None = at("html_url")
    repository: str | None = None
    is_pull_request: bool = False


class Issue(Wire):
    """An issue with its latest comments, oldest first."""

    number: int
    title: Title
    state: Name
    state_reason: Name | None = None
    author: Name | None = at("user", "login")
    labels: Names = ()
    assignees: Names = ()
    body: MarkedBody | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    url: str | None = at("html_url")
    is_pull_request: bool = False
    comment_count: int | None = Field(default=None, validation_alias="comments")
    shown_comments: tuple[Comment, ...] = ()
    notice: str | None = None

"""Issues and comments."""

from datetime import datetime

from pydantic import Field

from github_mcp.models.wire import MarkedBody, Name, Names, Title, Wire, at
from servicekit.schema import Missing


class Comment(Wire):
    """A comment."""

    id: int
    author: Name | None = at("user", "login")
    created_at: datetime | None = None
    body: MarkedBody | None = None


class IssueSummary(Wire):
    """An issue in a list; `repository` is set in lists across repositories.

    `merged` says how a closed pull request ended.
    """

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
    type: Name | None = at("type", "name")
    milestone: Name | None = at("milestone", "title")
    repository: str | None = at("repository", "full_name")
    is_pull_request: bool = False
    draft: bool | None = None
    merged: bool | None = None
    merged_at: datetime | None = at("pull_request", "merged_at")


class LinkedIssue(Wire):
    """The parent or a sub-issue of an issue."""

    repository: str | None = at("repository", "full_name")
    number: int
    title: Title | None = None
    state: Name
    state_reason: Name | None = None
    assignees: Names = ()


class Issue(Wire):
    """An issue with its latest comments, oldest first, and its sub-issues by priority."""

    number: int
    title: Title
    state: Name
    state_reason: Name | None = None
    author: Name | None = at("user", "login")
    labels: Names = ()
    assignees: Names = ()
    type: Name | None = at("type", "name")
    milestone: Name | None = at("milestone", "title")
    body: MarkedBody | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    url: str | None = at("html_url")
    is_pull_request: bool = False
    draft: bool | None = None
    merged: bool | None = None
    merged_at: datetime | None = at("pull_request", "merged_at")
    parent: LinkedIssue | None = None
    sub_issues: tuple[LinkedIssue, ...] | None = None
    comment_count: int | None = Field(default=None, validation_alias="comments")
    shown_comments: tuple[Comment, ...] | None = ()
    missing: tuple[Missing, ...] | None = None
    notice: str | None = None

"""Milestones, issue types and changes of sub-issues."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from github_mcp.models.wire import Body, MarkedBody, Name, Title, Wire, at
from servicekit.schema import Record


def _day(value: Any) -> Any:
    """The day of a due date. GitHub keeps it as the midnight of California, which is later on that day in UTC."""
    return value[:10] if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]


class Milestone(Wire):
    """A milestone. Issues are counted with pull requests."""

    number: int
    title: Title
    state: Name | None = None
    description: MarkedBody | None = None
    due_on: Day | None = None
    open_issues: int | None = None
    closed_issues: int | None = None
    url: str | None = at("html_url")


class IssueType(Wire):
    """An issue type."""

    name: Name
    description: Body | None = None


class Label(Wire):
    """A label of a repository."""

    name: Name
    description: Body | None = None
    color: Name | None = None


class IssueTypes(Record):
    """The issue types of the organisation that owns a repository."""

    types: tuple[IssueType, ...]
    notice: str | None = None


class WrittenMilestone(Wire):
    """A milestone that was created or changed."""

    number: int
    url: str | None = at("html_url")
    state: str | None = None
    due_on: Day | None = None


class WrittenSubIssue(Record):
    """The issue whose sub-issues were changed."""

    repository: str
    number: int
    sub_issues: Annotated[int | None, Field(description="How many it has now.")] = None
    notice: str | None = None

"""Milestones and issue types."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from devkit.simulators.github.records.accounts import Account


@dataclass
class Milestone:
    """A milestone of a repository."""

    id: int
    number: int
    title: str
    creator: Account
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    due_on: datetime | None = None
    state: Literal["open", "closed"] = "open"
    closed_at: datetime | None = None


@dataclass(frozen=True)
class IssueType:
    """An issue type of an organisation."""

    id: int
    name: str
    description: str | None = None
    color: str = "gray"

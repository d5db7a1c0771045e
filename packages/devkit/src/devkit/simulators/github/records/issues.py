"""Issues."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.pulls import Pull


@dataclass
class Issue:
    """An issue or a pull request."""

    id: int
    number: int
    title: str
    body: str | None
    user: Account
    created_at: datetime
    updated_at: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    pull: Pull | None = None

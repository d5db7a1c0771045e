"""Reviews of pull requests, and their threads of comments on lines."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from devkit.simulators.github.records.accounts import Account

Side = Literal["LEFT", "RIGHT"]


@dataclass
class Review:
    """A submitted review of the commit `commit`."""

    id: int
    user: Account
    body: str
    created_at: datetime
    state: str = "COMMENTED"
    commit: str = ""


@dataclass
class ReviewComment:
    """A comment of a thread, which belongs to a review."""

    id: int
    user: Account
    body: str
    created_at: datetime
    review_id: int


@dataclass
class Thread:
    """Comments on the lines of a file at `commit`, from `start_line` to `line`; the first one names the thread.

    Attributes:
        line: a line of the new file; of the old one, where `side` is LEFT.
        hunk: the part of the diff up to the line.
        position: lines of the patch from its first hunk's head to the line.
    """

    id: int
    path: str
    line: int
    side: Side
    commit: str
    hunk: str
    position: int
    start_line: int | None = None
    comments: list[ReviewComment] = field(default_factory=list)
    resolved_by: Account | None = None

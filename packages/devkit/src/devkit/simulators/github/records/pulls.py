"""Pull requests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from devkit.simulators.github.records.accounts import Account, Team
from devkit.simulators.github.records.reviews import Review, Thread

if TYPE_CHECKING:
    from devkit.simulators.github.records.repositories import Repository


@dataclass
class Pull:
    """The pull request fields of an issue."""

    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_sha: str | None = None
    reviews: list[Review] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    requested_reviewers: list[Account] = field(default_factory=list)
    requested_teams: list[Team] = field(default_factory=list)
    head_repository: "Repository | None" = None
    """The fork with the head branch; None for the repository itself."""
    maintainer_can_modify: bool = False

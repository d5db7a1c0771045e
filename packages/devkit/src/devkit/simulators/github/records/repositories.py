"""Repositories."""

from dataclasses import dataclass, field
from datetime import datetime

from devkit.simulators.github.git_store import GitStore
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.alerts import SecurityAlerts
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.planning import Milestone
from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.records.workflows import Run, Status


@dataclass(eq=False)
class Repository:
    """A repository: git store, issues, releases and workflow runs.

    Attributes:
        protections: by branch.
        merge_methods: those that its settings allow.
        admins: logins; None for everyone who may push.
    """

    id: int
    owner: Account
    name: str
    private: bool
    description: str
    git: GitStore
    created_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    language: str | None = None
    topics: tuple[str, ...] = ()
    issues: dict[int, Issue] = field(default_factory=dict)
    moved_issues: dict[int, tuple[int, int]] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    alerts: SecurityAlerts = field(default_factory=SecurityAlerts)
    releases: list[Release] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    protections: dict[str, Protection] = field(default_factory=dict)
    rulesets: list[Ruleset] = field(default_factory=list)
    merge_methods: frozenset[str] = frozenset({"merge", "squash"})
    admins: frozenset[str] | None = None
    is_archived: bool = False
    disabled_workflows: set[str] = field(default_factory=set)
    """Paths of workflow files."""
    tree_limit: int | None = None
    """Entries after which the list of a whole tree is truncated, as at GitHub after 100 000."""
    parent: "Repository | None" = None
    """The repository that this one is a fork of."""
    forks: list["Repository"] = field(default_factory=list)
    copying: int = 0
    """Reads of a new fork that find it empty, because it is still being copied."""

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    def lacks_commits(self) -> bool:
        """Whether a read finds no commit: in an empty repository, or a fork that is being copied."""
        if self.copying:
            self.copying -= 1
            return True
        return self.git.is_empty

    def begin(self, branch: str) -> None:
        """Make the first branch of an empty repository its default branch."""
        if self.git.is_empty:
            self.default_branch = branch
            self.git.set_default_branch(branch)

"""What decides whether GitHub merges a pull request. None stands for unknown throughout."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from github_mcp.models.merging.branch_rules import BranchRules
from github_mcp.models.merging.code_owners import OwnerRule
from servicekit.schema import Missing


@dataclass(frozen=True, slots=True)
class Opinion:
    """The latest review of one person that approves, requests changes, or did so before it was dismissed."""

    author: str
    state: str


@dataclass(frozen=True, slots=True)
class CheckState:
    """The latest result of a check or commit status.

    Attributes:
        app_id: the App that set it.
        required: whether it is required for this pull request, if GitHub says so.
    """

    name: str
    state: Literal["passed", "failed", "running"]
    app_id: int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class OpenThreads:
    """The unresolved conversations: their number, and where the first ones are (``src/a.py:10``)."""

    count: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedPaths:
    """The paths that a pull request changes; `all`: there are no others."""

    paths: tuple[str, ...]
    all: bool


@dataclass(frozen=True, slots=True)
class MergeFacts:
    """What GitHub shows of a pull request's requirements.

    Attributes:
        state: GitHub's own verdict: clean, unstable, has_hooks, blocked, behind, dirty, draft or unknown.
        decision: APPROVED, CHANGES_REQUESTED, REVIEW_REQUIRED, or NONE where no review is required.
        can_bypass: this server's account may merge although requirements are not met.
        is_administrator: of the repository.
        is_bound: the account cannot bypass any rule of the branch.
        methods: the merge methods that the repository allows.
        owners: the rules of CODEOWNERS; empty without the file.
        writes_workflows: the credential may change files in .github/workflows.
        from_fork: the changes come from another repository.
        behind_by: commits of the base branch that the pull request's branch does not contain.
        missing: the parts that could not be read.
    """

    rules: BranchRules | None = None
    state: str = "unknown"
    decision: str | None = None
    can_bypass: bool | None = None
    is_administrator: bool | None = None
    is_bound: bool = False
    is_archived: bool | None = None
    methods: frozenset[str] | None = None
    opinions: Sequence[Opinion] | None = None
    checks: Sequence[CheckState] | None = None
    threads: OpenThreads | None = None
    paths: ChangedPaths | None = None
    owners: Sequence[OwnerRule] | None = None
    writes_workflows: bool | None = None
    from_fork: bool = False
    behind_by: int | None = None
    missing: list[Missing] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        """GitHub says that it would merge."""
        return self.state in ("clean", "unstable", "has_hooks")

"""How this server registers its tools: scopes, the guard against disclosure, and budgets."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from github_mcp.models.toolsets import Toolset
from github_mcp.ports.accounts import Accounts
from github_mcp.ports.actions import Actions
from github_mcp.ports.alerts import Alerts
from github_mcp.ports.checks import CommitChecks
from github_mcp.ports.commits import Commits
from github_mcp.ports.files import Files
from github_mcp.ports.history import History
from github_mcp.ports.issues import Issues
from github_mcp.ports.merging import Merging
from github_mcp.ports.people import People
from github_mcp.ports.planning import Planning
from github_mcp.ports.pulls import PullEdits, Pulls
from github_mcp.ports.releases import Releases
from github_mcp.ports.repositories import Repositories
from github_mcp.ports.repository_setup import RepositorySetup
from github_mcp.ports.reviews import ChangedFiles, Reviews
from github_mcp.ports.workflows import Dispatches, RunControl, Workflows
from github_mcp.tools.disclosure import Also, Disclosure, Method
from servicekit.registry import ToolSpec, read, write

READ: Final = "github:read"
WRITE: Final = "github:write"
MERGE: Final = "github:merge"
SECURITY: Final = "github:security"
"""Reads security alerts, which not all who may read a repository may see."""
BUDGET: Final = 128 * 1024
"""Bytes of one result. A text in it takes at most 40 KiB; longer lists are cut."""


@dataclass(frozen=True, slots=True)
class GitHubPorts:
    """What the tools need from GitHub, by noun."""

    repositories: Repositories
    files: Files
    commits: Commits
    issues: Issues
    pulls: Pulls
    checks: CommitChecks
    merging: Merging
    pull_edits: PullEdits
    reviews: Reviews
    changed_files: ChangedFiles
    actions: Actions
    workflows: Workflows
    run_control: RunControl
    dispatches: Dispatches
    releases: Releases
    accounts: Accounts
    repository_setup: RepositorySetup
    history: History
    people: People
    planning: Planning
    alerts: Alerts
    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class Registration:
    """Registers the tools of one toolset."""

    toolset: Toolset
    disclosure: Disclosure

    def read(self, method: Method, *, title: str, scope: str | Iterable[str] = READ) -> ToolSpec:
        """A tool that reads."""
        return read(method, scope=scope, title=title, toolset=self.toolset, open_world=True, budget=BUDGET)

    def write(self, method: Method, recover: Method | None = None, *, title: str, also: Also | None = None) -> ToolSpec:
        """A tool that writes. To a public repository it asks for a confirmation after private ones were read.

        Args:
            recover: finds the effect of an earlier attempt whose outcome is unknown.
            also: names further repositories that a call changes.
        """
        return self._guarded(method, self.disclosure.before(method, also), recover, title)

    def create(self, method: Method, recover: Method, *, title: str) -> ToolSpec:
        """A tool that creates a repository. A public one needs a confirmation after private ones were read."""
        return self._guarded(method, self.disclosure.before_creation(method), recover, title)

    def destroy(
        self, method: Method, preview: Method, recover: Method | None = None, *, title: str, scope: str = WRITE
    ) -> ToolSpec:
        """A tool whose effect cannot be undone: a person confirms its preview, which holds the guard's warning too."""
        return write(
            method,
            scope=scope,
            title=title,
            toolset=self.toolset,
            open_world=True,
            destructive=True,
            confirm=preview,
            recover=recover,
        )

    def _guarded(self, method: Method, confirm: Method, recover: Method | None, title: str) -> ToolSpec:
        """A tool that writes, and needs a confirmation only where the guard has a preview."""
        return write(
            method,
            scope=WRITE,
            title=title,
            toolset=self.toolset,
            open_world=True,
            confirm=confirm,
            recover=recover,
        )

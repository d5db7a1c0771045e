"""Security alerts."""

from dataclasses import dataclass
from typing import Literal, Protocol

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.alerts import AlertKind, AlertSummary, SecurityAlert
from servicekit.schema import CursorKey, Page

AlertState = Literal["open", "closed", "fixed", "dismissed", "resolved", "all"]
Severity = Literal["critical", "high", "medium", "low", "error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts of a kind. `closed` is every state but open."""

    kind: AlertKind
    state: AlertState = "open"
    severity: Severity | None = None


class Alerts(Protocol):
    """Security alerts. Where a feature is off or the rights are missing, that is said: an empty list means none."""

    async def list(
        self, repository: RepositoryName, wanted: AlertFilter, limit: int, cursor: CursorKey | None
    ) -> Page[AlertSummary]: ...
    async def get(self, repository: RepositoryName, kind: AlertKind, number: int) -> SecurityAlert: ...

"""Tools for security alerts. They only read."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.identifiers import Owner, Repo, RepositoryName
from github_mcp.models.issues.alerts import AlertKind, AlertSummary, SecurityAlert
from github_mcp.ports.alerts import AlertFilter, Alerts, AlertState, Severity
from servicekit.schema import CursorKey, Identifier, Limit, Page


def _alert_number(text: str) -> str:
    return text.rpartition("/")[2].removeprefix("#")


Kind = Annotated[
    AlertKind, Field(description="Vulnerable dependencies, findings in code, or leaked secrets, one a call.")
]
SeverityFilter = Annotated[Severity, Field(description="Not for secret_scanning.")]
AlertNumber = Annotated[
    int,
    Field(ge=1, le=2**31 - 1, description="Number of the alert, counted for each kind."),
    Identifier("the number of an alert such as 4", "4", found_by="list_security_alerts", normalise=_alert_number),
]


class SecurityTools:
    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    async def list_security_alerts(
        self,
        owner: Owner,
        repo: Repo,
        kind: Kind,
        state: AlertState = "open",
        severity: SeverityFilter | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[AlertSummary]:
        """Security alerts of a repository: vulnerable dependencies (Dependabot, CVE), code scanning (CodeQL) findings,
        leaked secrets (tokens, keys), which are never shown.

        An empty list means none; a feature that is off is said.
        """
        wanted = AlertFilter(kind, state, severity)
        return await self._alerts.list(RepositoryName(owner, repo), wanted, limit, cursor)

    async def get_security_alert(
        self, owner: Owner, repo: Repo, kind: Kind, alert_number: AlertNumber
    ) -> SecurityAlert:
        """One security alert: what is vulnerable or leaked (never the secret), where, the fixed version or how to fix
        it, and who dismissed it."""
        return await self._alerts.get(RepositoryName(owner, repo), kind, alert_number)

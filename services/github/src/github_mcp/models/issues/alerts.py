"""Security alerts: vulnerable dependencies, findings of code scanning, and leaked secrets without the secret."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from github_mcp.models.wire import Body, Name, Title
from servicekit.schema import Missing, Record

AlertKind = Literal["dependabot", "code_scanning", "secret_scanning"]


class AlertSummary(Record):
    """A security alert in a list.

    Attributes:
        title: the advisory, the rule, or the type of the secret in words.
    """

    number: int
    state: Name | None = None
    severity: Name | None = None
    title: Title | None = None
    package: Name | None = None
    path: Annotated[Name | None, Field(description="Manifest of the package, or file of the finding.")] = None
    line: int | None = None
    tool: Name | None = None
    validity: Annotated[Name | None, Field(description="Whether a leaked secret still works.")] = None
    created_at: datetime | None = None
    url: str | None = None


class SecretLocation(Record):
    """A place where a secret was found."""

    type: Name
    path: Name | None = None
    line: int | None = None
    commit: str | None = None
    url: str | None = None


class Closing(Record):
    """How an alert was closed: fixed, dismissed or resolved."""

    at: datetime | None = None
    by: Name | None = None
    reason: Name | None = None
    comment: Body | None = None


class SecurityAlert(AlertSummary):
    """A security alert. The secret of a secret scanning alert is never shown."""

    kind: AlertKind
    repository: str
    description: Body | None = None
    ghsa_id: Name | None = None
    cve_id: Name | None = None
    cvss: float | None = None
    scope: Name | None = None
    vulnerable_versions: Name | None = None
    patched_version: Name | None = None
    rule: Name | None = None
    message: Body | None = None
    advice: Body | None = None
    ref: Name | None = None
    commit: str | None = None
    secret_type: Name | None = None
    publicly_leaked: bool | None = None
    push_protection_bypassed: bool | None = None
    locations: tuple[SecretLocation, ...] | None = None
    references: tuple[Name, ...] | None = None
    closing: Closing | None = None
    updated_at: datetime | None = None
    missing: tuple[Missing, ...] | None = None
    notice: str | None = None

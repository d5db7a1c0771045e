"""Security alerts of a repository."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devkit.simulators.github.records.accounts import Account


@dataclass(kw_only=True)
class Alert:
    """What every alert has.

    Attributes:
        state: `open`, or a state of its kind.
        closed_by, closed_at, closed_reason, closed_comment: of an alert that was dismissed or resolved.
    """

    number: int
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_by: Account | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    closed_comment: str | None = None


@dataclass(kw_only=True)
class DependabotAlert(Alert):
    """A vulnerable dependency."""

    package: str
    manifest: str
    severity: str
    ghsa_id: str
    summary: str
    description: str
    vulnerable: str
    ecosystem: str = "pip"
    scope: str = "runtime"
    cve_id: str | None = None
    patched: str | None = None
    score: float = 0.0


@dataclass(kw_only=True)
class CodeAlert(Alert):
    """A finding of code scanning. `level` is the severity of a security rule, `severity` that of any rule."""

    rule: str
    description: str
    path: str
    line: int
    message: str
    commit: str
    severity: str = "warning"
    level: str | None = None
    help: str | None = None
    tool: str = "CodeQL"


@dataclass(kw_only=True)
class SecretAlert(Alert):
    """A secret that was found, with its places: each is a type and the details of that type."""

    secret: str
    kind: str
    display_name: str
    validity: str = "unknown"
    locations: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass
class SecurityAlerts:
    """The alerts of a repository; None where a feature is off."""

    dependabot: list[DependabotAlert] | None = None
    code: list[CodeAlert] | None = None
    secrets: list[SecretAlert] | None = None

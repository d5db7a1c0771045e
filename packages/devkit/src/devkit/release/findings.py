"""Reads the reports of vulnerability scanners and says which findings stop a release.

pip-audit: `--format json` (`dependencies` with `vulns`). trivy: `--format json`, schema version 2 (`Results` with
`Vulnerabilities`). pip-audit reports no severity, so each of its findings counts. Of trivy's, HIGH and CRITICAL count.
A finding without a fixed version stops nothing, as there is nothing to upgrade to.
"""

import json
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from devkit.errors import DevkitError

_SEVERE: Final = frozenset({"HIGH", "CRITICAL", "not rated"})


@dataclass(frozen=True)
class Finding:
    """A known vulnerability of a package.

    Attributes:
        names: its identifiers, the scanner's own first.
        fixed: the versions that have a fix; empty where there is none.
    """

    names: tuple[str, ...]
    package: str
    version: str
    severity: str
    fixed: str


class Accepted(BaseModel):
    """A finding that releases may have until a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    package: str
    reason: str = Field(min_length=20)
    until: date


def read_report(file: Path) -> list[Finding]:
    """The findings of a report. Raises `DevkitError` where the file is no report of pip-audit or trivy."""
    try:
        report = json.loads(file.read_bytes())
        if "dependencies" in report:
            return list(_of_pip_audit(report))
        if report.get("SchemaVersion") == 2 and report["ArtifactName"]:
            return list(_of_trivy(report))
    except (OSError, AttributeError, KeyError, TypeError, ValueError):
        pass
    raise DevkitError(f"{file} is no JSON report of pip-audit or trivy, so nothing was checked.", exit_code=1)


def _of_pip_audit(report: dict[str, Any]) -> Iterator[Finding]:
    for package in report["dependencies"]:
        if "skip_reason" in package:
            raise DevkitError(f"pip-audit skipped {package['name']}: {package['skip_reason']}", exit_code=1)
        for found in package["vulns"]:
            names = (found["id"], *found.get("aliases", ()))
            fixed = ", ".join(found["fix_versions"])
            yield Finding(names, package["name"], package["version"], "not rated", fixed)


def _of_trivy(report: dict[str, Any]) -> Iterator[Finding]:
    for result in report.get("Results", ()):
        for found in result.get("Vulnerabilities") or ():
            yield Finding(
                (found["VulnerabilityID"],),
                found["PkgName"],
                found["InstalledVersion"],
                found["Severity"],
                found.get("FixedVersion", ""),
            )


def read_accepted(file: Path) -> list[Accepted]:
    """The entries of a file with `[[accepted]]` tables; none where it does not exist."""
    if not file.exists():
        return []
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        return TypeAdapter(list[Accepted]).validate_python(document.get("accepted", []))
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise DevkitError(f"{file} is invalid: {problem}") from None


def stopping(found: Sequence[Finding], accepted: Collection[Accepted], today: date) -> list[Finding]:
    """The findings that stop a release. A finding is accepted until its day, that day included."""
    valid = {(entry.id, entry.package) for entry in accepted if today <= entry.until}
    return [
        finding
        for finding in found
        if finding.severity in _SEVERE
        and finding.fixed
        and not any((name, finding.package) in valid for name in finding.names)
    ]


def table(found: Sequence[Finding], stops: Collection[Finding]) -> str:
    """The findings for people, a line each; those that stop a release are marked."""
    if not found:
        return "no findings"
    rows = sorted(
        (
            "stops" if finding in stops else "",
            finding.severity,
            finding.package,
            finding.version,
            finding.fixed or "no fix",
            finding.names[0],
        )
        for finding in found
    )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)

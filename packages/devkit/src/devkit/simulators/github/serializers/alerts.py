"""Security alerts."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.alerts import Alert, CodeAlert, DependabotAlert, SecretAlert
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import time_of, user


def dependabot_alert(urls: Urls, repository: Repository, alert: DependabotAlert) -> dict[str, Any]:
    """`dependabot-alert`."""
    package = {"ecosystem": alert.ecosystem, "name": alert.package}
    vulnerability = {
        "package": package,
        "severity": alert.severity,
        "vulnerable_version_range": alert.vulnerable,
        "first_patched_version": {"identifier": alert.patched} if alert.patched else None,
    }
    cvss = {"score": alert.score, "vector_string": None}
    identifiers = [{"type": "GHSA", "value": alert.ghsa_id}]
    identifiers += [{"type": "CVE", "value": alert.cve_id}] if alert.cve_id else []
    advisory = {
        "ghsa_id": alert.ghsa_id,
        "cve_id": alert.cve_id,
        "summary": alert.summary,
        "description": alert.description,
        "vulnerabilities": [vulnerability],
        "severity": alert.severity,
        "cvss": cvss,
        "cvss_severities": {"cvss_v3": cvss, "cvss_v4": None},
        "cwes": [],
        "identifiers": identifiers,
        "references": [{"url": f"https://github.com/advisories/{alert.ghsa_id}"}],
        "published_at": time_of(alert.created_at),
        "updated_at": time_of(alert.created_at),
        "withdrawn_at": None,
    }
    return {
        **_common(urls, repository, alert, "dependabot"),
        "state": alert.state,
        "dependency": {
            "package": package,
            "manifest_path": alert.manifest,
            "scope": alert.scope,
            "relationship": "direct",
        },
        "security_advisory": advisory,
        "security_vulnerability": vulnerability,
        "fixed_at": time_of(alert.closed_at) if alert.state == "fixed" else None,
        "auto_dismissed_at": time_of(alert.closed_at) if alert.state == "auto_dismissed" else None,
        **_dismissal(urls, alert),
    }


def code_alert(urls: Urls, repository: Repository, alert: CodeAlert, *, whole: bool = False) -> dict[str, Any]:
    """`code-scanning-alert`, or `code-scanning-alert-items` without the help of its rule."""
    common = _common(urls, repository, alert, "code-scanning")
    rule = {
        "id": alert.rule,
        "severity": alert.severity,
        "security_severity_level": alert.level,
        "description": alert.description,
        "name": alert.rule,
        "tags": ["security"],
    }
    if whole:
        rule |= {"full_description": alert.description, "help": alert.help, "help_uri": None}
    return {
        **common,
        "state": alert.state,
        "instances_url": f"{common['url']}/instances",
        "fixed_at": time_of(alert.closed_at) if alert.state == "fixed" else None,
        "rule": rule,
        "tool": {"name": alert.tool, "guid": None, "version": "2.20.0"},
        "most_recent_instance": {
            "ref": f"refs/heads/{repository.default_branch}",
            "analysis_key": ".github/workflows/codeql.yml:analyze",
            "environment": "{}",
            "category": ".github/workflows/codeql.yml:analyze",
            "state": alert.state,
            "commit_sha": alert.commit,
            "message": {"text": alert.message},
            "location": {
                "path": alert.path,
                "start_line": alert.line,
                "end_line": alert.line,
                "start_column": 1,
                "end_column": 80,
            },
            "classifications": [],
        },
        **_dismissal(urls, alert),
    }


def secret_alert(urls: Urls, repository: Repository, alert: SecretAlert, *, hidden: bool) -> dict[str, Any]:
    """`secret-scanning-alert`. `hidden` leaves the secret out, as `hide_secret=true` does."""
    common = _common(urls, repository, alert, "secret-scanning")
    first = alert.locations[0][1] if alert.locations else None
    found = {
        **common,
        "locations_url": f"{common['url']}/locations",
        "state": alert.state,
        "secret_type": alert.kind,
        "secret_type_display_name": alert.display_name,
        "secret": alert.secret,
        "validity": alert.validity,
        "publicly_leaked": False,
        "multi_repo": False,
        "is_base64_encoded": False,
        "first_location_detected": first,
        "has_more_locations": len(alert.locations) > 1,
        "resolution": alert.closed_reason,
        "resolution_comment": alert.closed_comment,
        "resolved_by": user(urls, alert.closed_by) if alert.closed_by else None,
        "resolved_at": time_of(alert.closed_at),
        "push_protection_bypassed": False,
        "push_protection_bypassed_by": None,
        "push_protection_bypassed_at": None,
    }
    if hidden:
        del found["secret"]
    return found


def _common(urls: Urls, repository: Repository, alert: Alert, feature: str) -> dict[str, Any]:
    return {
        "number": alert.number,
        "created_at": time_of(alert.created_at),
        "updated_at": time_of(alert.updated_at),
        "url": urls.repository(repository, feature, "alerts", alert.number),
        "html_url": urls.page(repository, "security", feature, alert.number),
    }


def _dismissal(urls: Urls, alert: Alert) -> dict[str, Any]:
    dismissed = alert.state == "dismissed"
    return {
        "dismissed_at": time_of(alert.closed_at) if dismissed else None,
        "dismissed_by": user(urls, alert.closed_by) if dismissed and alert.closed_by else None,
        "dismissed_reason": alert.closed_reason if dismissed else None,
        "dismissed_comment": alert.closed_comment if dismissed else None,
    }

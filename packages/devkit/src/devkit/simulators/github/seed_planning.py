"""The seeded milestones, issue types, sub-issues and security alerts."""

from datetime import UTC, datetime, timedelta

from devkit.simulators.github.records.alerts import CodeAlert, DependabotAlert, SecretAlert, SecurityAlerts
from devkit.simulators.github.records.planning import IssueType
from devkit.simulators.github.world import World

FOUND = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LEAKED = "simulated-leak-7Q2mX9vK4tB8"
"""The secret of the seeded alert of secret scanning. No answer of the server holds it."""

_ADVISORY = "A crafted archive is unpacked outside the target folder. Update to 4.2.1."
_TYPES = (
    ("Task", "A specific piece of work", "yellow"),
    ("Bug", "An unexpected problem or behavior", "red"),
    ("Feature", "A request, idea, or new functionality", "blue"),
)


def plan(world: World) -> None:
    """Issue types of acme, milestones and sub-issues of its repositories."""
    mona = world.accounts["mona"]
    world.issue_types["acme"] = [IssueType(world.new_id(), *fields) for fields in _TYPES]
    site, payments = world.repositories["acme/website"], world.repositories["acme/payments"]
    first, second = (world.add_milestone(site, mona, title) for title in ("Version 1.0", "Version 1.1"))
    first.state, first.closed_at = "closed", first.created_at
    second.description, second.due_on = "Search that finds umlauts.", datetime(2026, 12, 18, 8, 0, tzinfo=UTC)
    site.issues[1].milestone = second
    site.issues[1].type = world.issue_type(site.owner, "Bug")
    ledger = world.add_issue(payments, mona, "Make settlements safe to repeat", "See the parts below.")
    ledger.type = world.issue_type(payments.owner, "Feature")
    keyed = world.add_issue(payments, mona, "Give every settlement a key", None)
    keyed.state, keyed.state_reason, keyed.closed_at = "closed", "completed", keyed.created_at
    for part in (keyed, payments.issues[1]):
        part.parent = ledger
        ledger.sub_issues.append(part)


def raise_alerts(world: World) -> None:
    """Alerts of acme/payments; acme/website has Dependabot alone, without an alert."""
    payments, mona = world.repositories["acme/payments"], world.accounts["mona"]
    head, later = payments.git.branches()["main"], FOUND + timedelta(days=2)
    world.repositories["acme/website"].alerts = SecurityAlerts(dependabot=[])
    payments.alerts = SecurityAlerts(
        [
            DependabotAlert(
                number=1, created_at=FOUND, updated_at=later, state="fixed", closed_at=later, package="requests",
                manifest="requirements.txt", severity="medium", ghsa_id="GHSA-aaaa-bbbb-cccc", vulnerable="< 2.31.0",
                summary="Credentials are sent to another host", description="On a redirect.", patched="2.31.0",
            ),
            DependabotAlert(
                number=2, created_at=later, updated_at=later, package="archiver", manifest="requirements.txt",
                severity="critical", ghsa_id="GHSA-dddd-eeee-ffff", cve_id="CVE-2026-11111", vulnerable="< 4.2.1",
                summary="Archives write outside their folder", description=_ADVISORY, patched="4.2.1", score=9.8,
            ),
        ],
        [
            CodeAlert(
                number=1, created_at=FOUND, updated_at=FOUND, rule="py/sql-injection", level="high", severity="error",
                description="SQL query built from user-controlled sources", path="ledger.py", line=3, commit=head,
                message="This query depends on a user-provided value.", help="Use parameters of the driver.",
            ),
            CodeAlert(
                number=2, created_at=later, updated_at=later, rule="py/unused-import", severity="note", line=1,
                description="Unused import", path="ledger.py", commit=head, message="Import is not used.",
                state="dismissed", closed_by=mona, closed_at=later, closed_reason="won't fix", closed_comment="Soon.",
            ),
        ],
        [
            SecretAlert(
                number=1, created_at=FOUND, updated_at=FOUND, secret=LEAKED, kind="example_api_key",
                display_name="Example API Key", validity="active",
                locations=[("commit", {
                    "path": "docs/incident.md", "start_line": 4, "end_line": 4, "start_column": 9, "end_column": 36,
                    "blob_sha": "0" * 40, "blob_url": "https://example.com/blob", "commit_sha": head,
                    "commit_url": "https://example.com/commit",
                })],
            ),
            SecretAlert(
                number=2, created_at=FOUND, updated_at=later, secret="simulated-old", kind="example_api_key",  # noqa: S106
                display_name="Example API Key", validity="inactive", state="resolved", closed_by=mona, closed_at=later,
                closed_reason="revoked", closed_comment="Revoked in May.",
                locations=[("issue_body", {"issue_body_url": "https://example.com/issues/1"})],
            ),
        ],
    )  # fmt: skip

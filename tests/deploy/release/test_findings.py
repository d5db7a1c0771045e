"""Scan reports stop a release, or let it pass.

The reports in `reports/` are written after the documented formats of pip-audit (`--format json`) and trivy
(`--format json`, schema version 2), with made-up findings: neither scanner ran here.
"""

from datetime import date
from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.release import cli
from devkit.release.findings import read_accepted, read_report, stopping
from devkit.release.scan import locked_findings
from devkit.settings import DevkitSettings

REPORTS = Path(__file__).parent / "reports"
TODAY = date(2026, 2, 1)
ACCEPTED = """[[accepted]]
id = "{id}"
package = "{package}"
reason = "The server does not call the function that is vulnerable."
until = 2026-02-01
"""


def stopped(*names: str) -> list[tuple[str, str]]:
    found = [finding for name in names for finding in read_report(REPORTS / name)]
    return [(finding.package, finding.names[0]) for finding in stopping(found, [], TODAY)]


def test_clean_reports_stop_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    cli.findings([REPORTS / "pip-audit-clean.json", REPORTS / "trivy-clean.json"])
    assert capsys.readouterr().out == "no findings\n"


def test_a_vulnerable_package_stops_the_release() -> None:
    assert stopped("pip-audit-failing.json") == [("jinja2", "PYSEC-2099-1")]


def test_severe_findings_of_the_image_stop_the_release() -> None:
    """A LOW finding, and a CRITICAL one without a fixed version, do not."""
    assert stopped("trivy-failing.json") == [("libssl3t64", "CVE-2099-0002"), ("urllib3", "CVE-2099-0004")]


def workspace_with(tmp_path: Path, report: str) -> DevkitSettings:
    """A workspace whose uv runs a pip-audit that leaves `report` behind and fails, as it does with findings."""
    uv = tmp_path / ".tools" / "uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    copy = f'for last; do :; done; cp "{REPORTS / report}" "$last"; ' if report else ""
    uv.write_text(f'#!/bin/sh\n[ "$1" = export ] && exit\n{copy}echo no answer from pypi.org >&2; exit 1\n')
    uv.chmod(0o755)
    return DevkitSettings(workspace=tmp_path)


def test_locked_packages_are_audited(tmp_path: Path) -> None:
    report = "pip-audit-failing.json"
    assert locked_findings(workspace_with(tmp_path, report), "orders") == read_report(REPORTS / report) != []


def test_an_audit_without_a_report_is_no_clean_one(tmp_path: Path) -> None:
    with pytest.raises(DevkitError, match=r"pip-audit wrote no report: no answer from pypi\.org"):
        locked_findings(workspace_with(tmp_path, ""), "orders")


def test_the_table_names_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DevkitError, match=r"2 findings stop the release\. Upgrade the packages") as refused:
        cli.findings([REPORTS / "trivy-failing.json"])
    assert refused.value.exit_code == 1
    assert capsys.readouterr().out.splitlines() == [
        "       CRITICAL  perl-base   5.40.1-6  no fix           CVE-2099-0003",
        "       LOW       libc6       2.41-12   2.41-13          CVE-2099-0001",
        "stops  CRITICAL  libssl3t64  3.5.1-1   3.5.1-1+deb13u1  CVE-2099-0002",
        "stops  HIGH      urllib3     2.5.0     2.5.1            CVE-2099-0004",
    ]


@pytest.mark.parametrize(("name", "package"), [("PYSEC-2099-1", "jinja2"), ("CVE-2099-0009", "jinja2")])
def test_an_accepted_finding_passes_until_its_day(tmp_path: Path, name: str, package: str) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(ACCEPTED.format(id=name, package=package), encoding="utf-8")
    found, accepted = read_report(REPORTS / "pip-audit-failing.json"), read_accepted(file)
    assert stopping(found, accepted, TODAY) == []
    assert len(stopping(found, accepted, date(2026, 2, 2))) == 1


def test_a_finding_is_accepted_for_its_package_only(tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(ACCEPTED.format(id="PYSEC-2099-1", package="mako"), encoding="utf-8")
    found = read_report(REPORTS / "pip-audit-failing.json")
    assert len(stopping(found, read_accepted(file), TODAY)) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("reason", "because"), ("until = 2026-02-01", ""), ("The server does not call the function that is", "fine:")],
    ids=["unknown key", "no day", "no reason"],
)
def test_an_incomplete_entry_is_refused(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(ACCEPTED.format(id="CVE-2099-0004", package="urllib3").replace(old, new), encoding="utf-8")
    with pytest.raises(DevkitError, match="is invalid"):
        read_accepted(file)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"SchemaVersion": 1, "ArtifactName": "x"}', '{"dependencies": [{"name": "x"}]}']
)
def test_what_is_no_report_passes_nothing(tmp_path: Path, text: str) -> None:
    """An empty file is what a scanner leaves behind that could not run."""
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DevkitError, match="is no JSON report of pip-audit or trivy, so nothing was checked"):
        read_report(file)
    with pytest.raises(DevkitError, match="nothing was checked"):
        read_report(tmp_path / "missing.json")


def test_a_skipped_package_stops_the_release(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text('{"dependencies": [{"name": "own", "skip_reason": "not found on PyPI"}], "fixes": []}')
    with pytest.raises(DevkitError, match="pip-audit skipped own: not found on PyPI"):
        read_report(file)

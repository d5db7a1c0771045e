"""Asks pip-audit for the known vulnerabilities of the locked packages."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from devkit.errors import DevkitError
from devkit.release.findings import Finding, read_report
from devkit.release.uv import uv_program
from devkit.settings import DevkitSettings, inherited_environment

_PIP_AUDIT: Final = "pip-audit@2.9.0"


def locked_findings(settings: DevkitSettings, package: str) -> list[Finding]:
    """The known vulnerabilities of the locked packages of a server, with every extra, or of the kit.

    Raises:
        DevkitError: pip-audit did not run, or did not reach the advisories of a package.
    """
    uv = uv_program(settings)
    with tempfile.TemporaryDirectory() as folder:
        requirements, report = Path(folder) / "requirements.txt", Path(folder) / "pip-audit.json"
        of_lock = ("--quiet", "--frozen", "--no-dev", "--all-extras", "--no-emit-workspace")
        _run(settings, uv, "export", *of_lock, "--package", f"mcp-fleet-{package}", "--output-file", requirements)
        as_locked = ("--require-hashes", "--disable-pip", "--format", "json")
        audit = ("tool", "run", _PIP_AUDIT, *as_locked, "--requirement", requirements, "--output", report)
        # It fails where it finds something, and its report says what. Without a report, it did not run.
        words = _run(settings, uv, *audit)
        if not report.exists():
            raise DevkitError(f"pip-audit wrote no report: {words}", exit_code=1)
        return read_report(report)


def _run(settings: DevkitSettings, *command: str | Path) -> str:
    """Run a command; returns the end of its error output."""
    finished = subprocess.run(
        command,
        cwd=settings.workspace,
        env=inherited_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stderr.strip()[-500:]

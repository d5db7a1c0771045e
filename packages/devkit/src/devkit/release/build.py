"""Builds the artifacts of a release into one folder."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from devkit.charts.helm import find_helm
from devkit.charts.rendering import working_copy
from devkit.errors import DevkitError
from devkit.release.changelog import notes
from devkit.release.checkout import Checkout
from devkit.release.image import Image, NoBuilder, build_image
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.services import ServiceDescription

KIT = "mcp-fleet-servicekit"


def build_release(settings: DevkitSettings, service: ServiceDescription) -> tuple[Path, Image | None]:
    """Build wheels, SBOM, chart, release notes and image of a server, and the list of their digests.

    Returns:
        The folder, and the image or None when this machine cannot build images.
    """
    version = service.version
    folder = settings.workspace / "dist" / f"{service.name}-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checkout = Checkout(settings.workspace)
    (folder / "notes.md").write_text(
        notes(settings.workspace / "CHANGELOG.md", service.name, version) + "\n", encoding="utf-8"
    )
    for package in (KIT, f"mcp-fleet-{service.name}"):
        _uv(settings, checkout, "build", "--quiet", "--wheel", "--package", package, "--out-dir", str(folder))
    (folder / ".gitignore").unlink(missing_ok=True)  # written by uv
    (folder / "sbom.cdx.json").write_text(_sbom(settings, checkout, service), encoding="utf-8")
    helm = find_helm(settings)
    with working_copy(helm, settings.workspace) as charts:
        helm("package", service.name, "--destination", folder, directory=charts.directory)
    _date_back(folder / f"{service.name}-{version}.tgz", int(checkout.epoch))
    image = None
    with suppress(NoBuilder):
        image = build_image(settings, service, folder / "image")
        (folder / "image-digest").write_text(f"{image.digest}\n", encoding="utf-8")
    (folder / "SHA256SUMS").write_text(_checksums(folder), encoding="utf-8")
    return folder, image


def _date_back(archive: Path, epoch: int) -> None:
    """Set the time of every file of a chart to its commit's; Helm writes the current time."""
    with tarfile.open(archive) as packed:
        files = [(member, packed.extractfile(member)) for member in packed.getmembers()]
        contents = [(member, file.read() if file else b"") for member, file in files]
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as packed,
    ):
        for member, content in contents:
            member.mtime = epoch
            packed.addfile(member, io.BytesIO(content))


def _sbom(settings: DevkitSettings, checkout: Checkout, service: ServiceDescription) -> str:
    """A CycloneDX 1.5 SBOM of the server's packages, from the lock; the same for the same commit."""
    package = f"mcp-fleet-{service.name}"
    exported = json.loads(
        _uv(
            settings,
            checkout,
            *("export", "--quiet", "--frozen", "--no-dev", "--all-extras", "--package", package),
            *("--preview-features", "sbom-export", "--format", "cyclonedx1.5"),
        )
    )
    exported["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{package}@{checkout.revision}')}"
    exported["metadata"].pop("timestamp", None)
    return json.dumps(exported, indent=2, sort_keys=True) + "\n"


def _checksums(folder: Path) -> str:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def _uv(settings: DevkitSettings, checkout: Checkout, *arguments: str) -> str:
    own = settings.workspace / ".tools" / "uv" / "bin" / "uv"
    program: Sequence[str | Path] = [own if own.exists() else "uv", *arguments]
    finished = subprocess.run(
        program,
        cwd=settings.workspace,
        env={**inherited_environment(), "SOURCE_DATE_EPOCH": checkout.epoch},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise DevkitError(f"uv {arguments[0]} failed:\n{finished.stderr.strip()[-2000:]}", exit_code=1)
    return finished.stdout

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
from pathlib import Path

from devkit.charts.helm import find_helm
from devkit.charts.rendering import working_copy
from devkit.errors import DevkitError
from devkit.release import provenance
from devkit.release.changelog import notes
from devkit.release.checkout import Checkout
from devkit.release.image import Image, NoBuilder, build_image
from devkit.release.packages import KIT, Releasable
from devkit.release.signatures import sign
from devkit.release.verification import SUMS
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.services import ServiceDescription


def build_release(settings: DevkitSettings, package: Releasable, key: Path | None = None) -> tuple[Path, Image | None]:
    """Build the files of a release, the statement of their provenance, and the list of their digests.

    A server has wheels (its own and the kit's), an SBOM, a chart, release notes and an image; the kit has no chart and
    no image.

    Args:
        key: an EC private key in PEM to sign the list with; None signs nothing.

    Returns:
        The folder, and the image: None for the kit, and where this machine cannot build images.
    """
    version = package.version
    folder = settings.workspace / "dist" / f"{package.name}-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checkout = Checkout(settings.workspace)
    (folder / "notes.md").write_text(
        notes(settings.workspace / "CHANGELOG.md", package.name, version) + "\n", encoding="utf-8"
    )
    for name in sorted({KIT, package.name}):
        wheel = ("--wheel", "--package", f"mcp-fleet-{name}", "--out-dir", str(folder))
        _uv(settings, checkout, "build", "--quiet", *wheel)
    (folder / ".gitignore").unlink(missing_ok=True)  # written by uv
    (folder / "sbom.cdx.json").write_text(_sbom(settings, checkout, package), encoding="utf-8")
    image = _of_server(settings, package, folder, checkout) if isinstance(package, ServiceDescription) else None
    subjects = _digests(folder)
    if image is not None:
        subjects |= {f"mcp-{package.name}": image.digest.removeprefix("sha256:")}
    (folder / provenance.NAME).write_text(provenance.statement(settings, package, subjects), encoding="utf-8")
    sums = folder / SUMS
    sums.write_text(
        "".join(f"{digest}  {name}\n" for name, digest in sorted(_digests(folder).items())), encoding="utf-8"
    )
    if key is not None:
        sign(sums, key)
    return folder, image


def _of_server(settings: DevkitSettings, service: ServiceDescription, folder: Path, checkout: Checkout) -> Image | None:
    """Build the chart and the image; None where this machine cannot build images."""
    helm = find_helm(settings)
    with working_copy(helm, settings.workspace) as charts:
        helm("package", service.name, "--destination", folder, directory=charts.directory)
    _date_back(folder / f"{service.name}-{service.version}.tgz", int(checkout.epoch))
    try:
        image = build_image(settings, service, folder / "image")
    except NoBuilder:
        return None
    (folder / "image-digest").write_text(f"{image.digest}\n", encoding="utf-8")
    return image


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


def _sbom(settings: DevkitSettings, checkout: Checkout, released: Releasable) -> str:
    """A CycloneDX 1.5 SBOM of a package and what it needs, from the lock; the same for the same commit."""
    package = f"mcp-fleet-{released.name}"
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


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 in hexadecimal of each file, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}


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

"""Builds the artifacts of a release into one folder."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from devkit.charts.helm import find_helm
from devkit.charts.rendering import working_copy
from devkit.release import provenance
from devkit.release.changelog import notes
from devkit.release.checkout import Checkout
from devkit.release.image import Image, Kind, NoBuilder, build_image, kinds_of
from devkit.release.packages import KIT, Releasable
from devkit.release.signatures import sign
from devkit.release.uv import run_uv
from devkit.release.verification import SUMS
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription

_PREFIXES: Final[Mapping[Kind, str]] = {"server": "", "owner": "owner-"}
"""Of the file names of an image."""
NOT_INSTALLED: Final = ("markdown-it-py", "mdurl", "pygments", "rich")
"""Locked packages that the Dockerfile leaves out, as typer works without them."""


def build_release(
    settings: DevkitSettings, package: Releasable, key: Path | None = None, platforms: Sequence[str] | None = ()
) -> tuple[Path, list[Image]]:
    """Build the files of a release, the statement of their provenance, and the list of their digests.

    A server has wheels (its own and the kit's), SBOMs, a chart, release notes and images; the kit has no chart and no
    image.

    Args:
        key: an EC private key in PEM to sign the list with; None signs nothing.
        platforms: of the images, such as ``linux/arm64``; this machine's own by default. None builds no images.

    Returns:
        The folder, and the images: none for the kit, and where this machine cannot build images.
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
        run_uv(settings, checkout, "build", "--quiet", *wheel)
    (folder / ".gitignore").unlink(missing_ok=True)  # written by uv
    images: dict[str, Image] = {}
    if isinstance(package, ServiceDescription):
        _package_chart(settings, package, folder, checkout)
        for kind in kinds_of(package):
            sbom = folder / f"{_PREFIXES[kind]}sbom.cdx.json"
            sbom.write_text(_sbom(settings, checkout, package, kind), encoding="utf-8")
        images = {} if platforms is None else _build_images(settings, package, folder, platforms)
    subjects = {**_digests(folder), **{name: image.digest.removeprefix("sha256:") for name, image in images.items()}}
    (folder / provenance.NAME).write_text(provenance.statement(settings, package, subjects), encoding="utf-8")
    sums = folder / SUMS
    lines = [f"{digest}  {name}\n" for name, digest in sorted(_digests(folder).items())]
    sums.write_text("".join(lines), encoding="utf-8")
    if key is not None:
        sign(sums, key)
    return folder, list(images.values())


def _package_chart(settings: DevkitSettings, service: ServiceDescription, folder: Path, checkout: Checkout) -> None:
    helm = find_helm(settings)
    with working_copy(helm, settings.workspace) as charts:
        helm("package", service.name, "--destination", folder, directory=charts.directory)
    _date_back(folder / f"{service.name}-{service.version}.tgz", int(checkout.epoch))


def _build_images(
    settings: DevkitSettings, service: ServiceDescription, folder: Path, platforms: Sequence[str]
) -> dict[str, Image]:
    """Build the images with the files of their digests and contents; returns them by their names in the statement."""
    images: dict[str, Image] = {}
    with suppress(NoBuilder):
        for kind in kinds_of(service):
            name = f"{_PREFIXES[kind]}image"
            image = build_image(settings, service, folder / name, kind, platforms)
            digest = folder / f"{name}-digest"
            digest.write_text(f"{image.digest}\n", encoding="utf-8")
            contents = {platform: asdict(part) for platform, part in image.contents.items()}
            (folder / f"{name}.json").write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
            images[provenance.image_name(service.name, digest.name)] = image
    return images


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


def _sbom(settings: DevkitSettings, checkout: Checkout, service: ServiceDescription, kind: Kind) -> str:
    """A CycloneDX 1.5 SBOM of what an image has on top of its base, from the lock; the same for the same commit."""
    package = f"mcp-fleet-{service.name}"
    without = ("--no-extra", "owner") if service.database and kind == "server" else ()
    exported = json.loads(
        run_uv(
            settings,
            checkout,
            *("export", "--quiet", "--frozen", "--no-dev", "--all-extras", *without, "--package", package),
            *(part for name in NOT_INSTALLED for part in ("--no-emit-package", name)),
            *("--preview-features", "sbom-export", "--format", "cyclonedx1.5"),
        )
    )
    exported["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{package}@{checkout.revision}/{kind}')}"
    exported["metadata"].pop("timestamp", None)
    return json.dumps(exported, indent=2, sort_keys=True) + "\n"


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 in hexadecimal of each file, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}

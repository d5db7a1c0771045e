"""Builds reproducible images: the same commit gives the same digest. Needs buildah or podman."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devkit.errors import DevkitError
from devkit.release.checkout import Checkout
from devkit.release.image_folder import Contents, contents_of, forget_builder, join, platform_of
from devkit.release.packages import kit_of
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.services import ServiceDescription

Kind = Literal["server", "owner"]
"""The image that serves, or the one with `migrate` and `seed` for the owner of the database."""


@dataclass(frozen=True)
class Image:
    """A built image in the local image store.

    Attributes:
        name: its name in the local store.
        digest: digest of its manifest, or of the list of its platforms' manifests.
        contents: what it is made of, by platform, such as ``linux/amd64``.
    """

    name: str
    digest: str
    contents: Mapping[str, Contents]


class NoBuilder(DevkitError):
    """Neither buildah nor podman is installed."""


def find_builder(settings: DevkitSettings) -> Path:
    """`buildah` or `podman`. Raises `NoBuilder`."""
    for name in ("buildah", "podman"):
        if (found := shutil.which(name, path=settings.path)) is not None:
            return Path(found)
    raise NoBuilder("Images need buildah or podman, and neither is installed. On Debian: apt install buildah podman.")


def kinds_of(service: ServiceDescription) -> tuple[Kind, ...]:
    """The images of a server: only the owner of a database has commands of its own."""
    return ("server", "owner") if service.database else ("server",)


def build_image(
    settings: DevkitSettings,
    service: ServiceDescription,
    image: Path,
    kind: Kind = "server",
    platforms: Sequence[str] = (),
) -> Image:
    """Build `localhost/mcp-<service>:<version>`, or with the suffix ``-owner``, from the checkout.

    Args:
        image: target folder for the image in the format of the transport ``dir:``; it must not exist. A release
            publishes this folder, because the local store compresses layers again at each read.
        platforms: such as ``linux/arm64``, which a machine of another kind emulates with qemu-user-static; this
            machine's own by default.

    Raises:
        NoBuilder: neither buildah nor podman is installed.
        DevkitError: the builder failed.
    """
    builder = find_builder(settings)
    name = f"localhost/mcp-{service.name}:{service.version}{'-owner' if kind == 'owner' else ''}"
    (ignored := settings.workspace / "dist").mkdir(exist_ok=True)  # by git, so that the checkout stays clean
    with tempfile.TemporaryDirectory(dir=ignored) as folder:
        parts = {platform: Path(folder) / str(number) for number, platform in enumerate(platforms or ("",))}
        digests: dict[str, str] = {}
        for platform, part in parts.items():
            _build(builder, settings, service, kind, platform, name, part)
            digests[platform] = forget_builder(part)
            found = _run([builder, "pull", f"dir:{part}"]).split()[-1]
            _run([builder, "tag", found, name])
        contents = {platform_of(part): contents_of(part) for part in parts.values()}
        if len(parts) == 1:
            ((platform, part),) = parts.items()
            shutil.copytree(part, image)
            return Image(name, digests[platform], contents)
        return Image(name, join(image, parts), contents)


def _build(
    builder: Path,
    settings: DevkitSettings,
    service: ServiceDescription,
    kind: Kind,
    platform: str,
    name: str,
    part: Path,
) -> None:
    """Build the image of one platform into a folder."""
    checkout = Checkout(settings.workspace)
    arguments = {
        "SERVICE": service.name,
        "VERSION": service.version,
        "KIT_VERSION": kit_of(settings.workspace).version,
        "REVISION": checkout.revision,
        "SOURCE_DATE_EPOCH": checkout.epoch,
        **settings.base_images,
    }
    chosen = [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
    # The identity label holds the builder's version, which changes the digest.
    reproducibly = ("--format", "docker", "--timestamp", checkout.epoch, "--identity-label=false")
    target = ("--target", "owner") if kind == "owner" else ()
    of_platform = ("--platform", platform) if platform else ()
    options = (*reproducibly, "--pull=missing", "--tag", name, *target, *of_platform)
    _run([builder, "build", *options, *chosen, settings.workspace])
    part.mkdir()
    _run([builder, "push", name, f"dir:{part}"])


def _run(command: Sequence[str | Path]) -> str:
    finished = subprocess.run(
        command,
        env={"BUILDAH_ISOLATION": "chroot", **inherited_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise DevkitError(
            f"{Path(command[0]).name} {command[1]} failed:\n{finished.stderr.strip()[-2000:]}", exit_code=1
        )
    return finished.stdout

"""Builds reproducible images: the same commit gives the same digest. Needs buildah or podman."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.errors import DevkitError
from devkit.release.checkout import Checkout
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.services import ServiceDescription


@dataclass(frozen=True)
class Image:
    """A built image in the local image store."""

    name: str
    digest: str
    """Digest of its manifest."""
    size: int
    """Bytes of its compressed layers."""


class NoBuilder(DevkitError):
    """Neither buildah nor podman is installed."""


def find_builder(settings: DevkitSettings) -> Path:
    """`buildah` or `podman`. Raises `NoBuilder`."""
    for name in ("buildah", "podman"):
        if (found := shutil.which(name, path=settings.path)) is not None:
            return Path(found)
    raise NoBuilder("Images need buildah or podman, and neither is installed. On Debian: apt install buildah podman.")


def build_image(settings: DevkitSettings, service: ServiceDescription, image: Path) -> Image:
    """Build `localhost/mcp-<service>:<version>` from the checkout.

    Args:
        image: target folder for the image in the format of the transport ``dir:``. A release publishes this folder,
            because the local store compresses layers again at each read.

    Raises:
        NoBuilder: neither buildah nor podman is installed.
        DevkitError: the builder failed.
    """
    builder = find_builder(settings)
    version, workspace = service.version, settings.workspace
    checkout = Checkout(workspace)
    name = f"localhost/mcp-{service.name}:{version}"
    arguments = {
        "SERVICE": service.name,
        "VERSION": version,
        "REVISION": checkout.revision,
        "SOURCE_DATE_EPOCH": checkout.epoch,
        **settings.base_images,
    }
    chosen = (part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}"))
    # The identity label holds the builder's version, which changes the digest.
    reproducibly = ("--format", "docker", "--timestamp", checkout.epoch, "--identity-label=false")
    _run([builder, "build", *reproducibly, "--pull=missing", "--tag", name, *chosen, workspace])
    image.mkdir(parents=True, exist_ok=True)
    _run([builder, "push", name, f"dir:{image}"])
    digest, size = forget_builder(image)
    found = _run([builder, "pull", f"dir:{image}"]).split()[-1]
    _run([builder, "tag", found, name])
    return Image(name, digest, size)


def forget_builder(image: Path) -> tuple[str, int]:
    """Remove what differs between two builds of the same commit: the build container, and the stage it began with.

    Docker's image format, which HEALTHCHECK needs, records the container's id and host name, and the id of the image
    that the last stage began with.

    Args:
        image: an image in the format of the transport ``dir:``; changed in place.

    Returns:
        The digest of its manifest, and the bytes of its layers.
    """
    manifest = json.loads((image / "manifest.json").read_bytes())
    old = image / manifest["config"]["digest"].removeprefix("sha256:")
    configuration = json.loads(old.read_bytes())
    for part in (configuration, configuration.get("config"), configuration.get("container_config")):
        for key in ("container", "Hostname", "Image"):
            if part is not None:
                part.pop(key, None)
    configuration.pop("parent", None)
    for step in configuration.get("history", ()):
        step.pop("comment", None)
    content = _canonical(configuration)
    name = hashlib.sha256(content).hexdigest()
    old.unlink()
    (image / name).write_bytes(content)
    manifest["config"] |= {"digest": f"sha256:{name}", "size": len(content)}
    written = _canonical(manifest)
    (image / "manifest.json").write_bytes(written)
    return f"sha256:{hashlib.sha256(written).hexdigest()}", sum(layer["size"] for layer in manifest["layers"])


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


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

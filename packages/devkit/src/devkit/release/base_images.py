"""The images that the Dockerfile builds on: resolved to digests for a release, which refuses others."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings, inherited_environment

_ARGUMENT: Final = re.compile(r"^ARG (PYTHON_IMAGE|UV_IMAGE)=(\S+)$", re.MULTILINE)
_PINNED: Final = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


def base_images(settings: DevkitSettings) -> dict[str, str]:
    """The base images by build argument: the environment's, else the Dockerfile's."""
    dockerfile = (settings.workspace / "Dockerfile").read_text(encoding="utf-8")
    return {**dict(_ARGUMENT.findall(dockerfile)), **settings.base_images}


def unpinned(images: Mapping[str, str]) -> list[str]:
    """The images without a digest, as sentences with the next step."""
    return [
        f"{name} is {image}, whose content may change. Pin it: devkit base-images prints it with its digest."
        for name, image in sorted(images.items())
        if _PINNED.fullmatch(image) is None
    ]


def resolved(settings: DevkitSettings) -> dict[str, str]:
    """The base images with their digests of all platforms, from their registries.

    Raises:
        DevkitError: skopeo is not installed, or a registry does not answer.
    """
    return {
        name: image if _PINNED.fullmatch(image) else _resolve(settings, image)
        for name, image in base_images(settings).items()
    }


def _resolve(settings: DevkitSettings, image: str) -> str:
    found = shutil.which("skopeo", path=settings.path)
    if found is None:
        raise DevkitError("Resolving a digest needs skopeo. On Debian: apt install skopeo.")
    finished = subprocess.run(
        [Path(found), "inspect", "--no-tags", "--format", "{{.Digest}}", f"docker://{image}"],
        env=inherited_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    name = re.sub(r":[\w.-]+$", "", image)  # a port is before a slash
    pinned = f"{name}@{finished.stdout.strip()}"
    if finished.returncode != 0 or _PINNED.fullmatch(pinned) is None:
        raise DevkitError(f"skopeo did not resolve {image}:\n{finished.stderr.strip()[-2000:]}", exit_code=1)
    return pinned

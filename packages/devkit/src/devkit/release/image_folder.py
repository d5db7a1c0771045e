"""Images as folders, in the format of the transport ``dir:`` of buildah, podman and skopeo.

A folder has `manifest.json`, the configuration and the layers, each named by its SHA-256. An image of several platforms
has a list as `manifest.json`, and the manifest of each platform as ``<SHA-256>.manifest.json``.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devkit.errors import DevkitError

LIST_TYPE: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
_MANIFEST_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"
_DISTRIBUTION = re.compile(r"(?:^|/)site-packages/([^/]+)-([^/-]+)\.dist-info/METADATA$")
_LABEL = re.compile(r"\bLABEL\b.*\borg\.opencontainers\.image\.title\b", re.DOTALL)
_INSTALLED = re.compile(
    r"^Package: (?P<name>\S+)\nStatus: install ok installed\n(?:.+\n)*?Version: (?P<version>\S+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Contents:
    """What an image of one platform is made of.

    Attributes:
        layers: bytes of each compressed layer, those of the base first.
        base: how many of the layers are the base's.
        python: versions of the Python distributions that the build installs, by name.
        debian: versions of Debian packages, by name.
        base_python: versions of the Python distributions of the base, by name.
    """

    layers: tuple[int, ...]
    base: int
    python: Mapping[str, str]
    debian: Mapping[str, str]
    base_python: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of the compressed layers."""
        return sum(self.layers)

    @property
    def own_layers(self) -> tuple[int, ...]:
        """Bytes of each compressed layer that the build puts on the base."""
        return self.layers[self.base :]


def contents_of(image: Path) -> Contents:
    """The contents of an image of one platform. Layers of the base that a later one hides count as installed.

    Raises:
        DevkitError: its history does not have the Dockerfile's label, with which the base ends.
    """
    manifest = json.loads((image / "manifest.json").read_bytes())
    base = len(manifest["layers"]) - _layers_since_label(image, manifest)
    python: dict[str, str] = {}
    base_python: dict[str, str] = {}
    debian: dict[str, str] = {}
    for number, layer in enumerate(manifest["layers"]):
        with tarfile.open(image / layer["digest"].removeprefix("sha256:")) as files:
            for member in files:
                if (found := _DISTRIBUTION.search(member.name)) is not None:
                    installed = base_python if number < base else python
                    installed[found[1].replace("_", "-").lower()] = found[2]
                elif member.name.removeprefix("./") == "var/lib/dpkg/status" and (status := files.extractfile(member)):
                    debian = {row["name"]: row["version"] for row in _INSTALLED.finditer(status.read().decode())}
    sizes = tuple(layer["size"] for layer in manifest["layers"])
    return Contents(sizes, base, *(dict(sorted(found.items())) for found in (python, debian, base_python)))


def platform_of(image: Path) -> str:
    """The platform of an image of one platform, such as ``linux/arm64``."""
    configuration = _configuration(image, json.loads((image / "manifest.json").read_bytes()))
    return f"{configuration['os']}/{configuration['architecture']}"


def _configuration(image: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((image / manifest["config"]["digest"].removeprefix("sha256:")).read_bytes())
    return read


def _layers_since_label(image: Path, manifest: Mapping[str, Any]) -> int:
    """The number of layers whose step is after the label that the Dockerfile puts on its base."""
    history = _configuration(image, manifest)["history"]
    labels = [number for number, step in enumerate(history) if _LABEL.search(step.get("created_by", ""))]
    if not labels:
        raise DevkitError(f"The image in {image} was not built from the Dockerfile: its history has no title.")
    return sum(not step.get("empty_layer") for step in history[labels[-1] :])


def forget_builder(image: Path) -> str:
    """Remove what differs between two builds of the same commit: the build container, and the stage it began with.

    Docker's image format, which HEALTHCHECK needs, records the container's id and host name, and the id of the image
    that the last stage began with.

    Args:
        image: an image of one platform; changed in place.

    Returns:
        The digest of its manifest.
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
    return f"sha256:{hashlib.sha256(written).hexdigest()}"


def join(image: Path, parts: Mapping[str, Path]) -> str:
    """Join images of one platform each to one image of all, whose list always has the same digest.

    Args:
        image: the folder to write; it must not exist.
        parts: the image of each platform, such as ``linux/arm64``; their files are moved.

    Returns:
        The digest of the list.
    """
    image.mkdir(parents=True)
    manifests: list[dict[str, Any]] = []
    for platform, part in sorted(parts.items()):
        content = (part / "manifest.json").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        system, _, architecture = platform.partition("/")
        manifests.append(
            {
                "mediaType": json.loads(content).get("mediaType", _MANIFEST_TYPE),
                "digest": f"sha256:{digest}",
                "size": len(content),
                "platform": {"architecture": architecture, "os": system},
            }
        )
        (part / "manifest.json").rename(part / f"{digest}.manifest.json")
        for file in part.iterdir():
            file.rename(image / file.name)
    written = _canonical({"schemaVersion": 2, "mediaType": LIST_TYPE, "manifests": manifests})
    (image / "manifest.json").write_bytes(written)
    return f"sha256:{hashlib.sha256(written).hexdigest()}"


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

"""Builds a bundle and a registry entry into `dist/bundles`. The same commit gives the same bytes."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devkit.bundles.documents import mcpb_manifest, program, project_file, server_json
from devkit.bundles.validation import MANIFEST, SERVER, require_valid
from devkit.release.checkout import Checkout
from devkit.release.uv import run_uv
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Published:
    """Where a release is published.

    Attributes:
        namespace: of the registry's name, such as ``io.github.example``.
        repository: URL of the source; None if it is not public, and then the registry entry has no package.
        url: of the public endpoint; None asks the user for its host.
    """

    namespace: str = "com.example"
    repository: str | None = None
    url: str | None = None

    def address(self, tag: str, file: str) -> str | None:
        """Of a file of a release on GitHub."""
        return None if self.repository is None else f"{self.repository}/releases/download/{tag}/{file}"


def build_bundle(settings: DevkitSettings, service: ServiceDescription, published: Published) -> list[Path]:
    """Build and validate a server's `.mcpb` and `server.json`; returns their paths.

    Raises `DevkitError` where uv cannot build the wheels, or a document does not fit its schema.
    """
    manifest = mcpb_manifest(service, published.repository)
    require_valid("manifest.json", manifest, MANIFEST)
    folder = settings.workspace / "dist" / "bundles"
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"mcp-fleet-{service.name}-{service.version}.mcpb"
    with tempfile.TemporaryDirectory() as scratch:
        wheels = _wheels(settings, service, Path(scratch))
        texts = {
            "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False) + "\n",
            "pyproject.toml": project_file(
                service, {name: file.name for name, file in wheels.items()}, _constraints(settings, service)
            ),
            "src/server.py": program(service),
        }
        files = {name: text.encode() for name, text in texts.items()}
        files |= {f"wheels/{file.name}": file.read_bytes() for file in wheels.values()}
        bundle.write_bytes(b"")
        _archive(bundle, files)
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    address = published.address(f"{service.name}-v{service.version}", bundle.name)
    entry = server_json(
        service,
        published.namespace,
        None if address is None else (address, digest),
        published.url,
        published.repository,
    )
    require_valid("server.json", entry, SERVER)
    path = folder / f"{service.name}-server.json"
    path.write_text(json.dumps(entry, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [bundle, path]


def _wheels(settings: DevkitSettings, service: ServiceDescription, folder: Path) -> dict[str, Path]:
    """The wheels of the server and of the kit, by package."""
    checkout = Checkout(settings.workspace)
    found: dict[str, Path] = {}
    for name in (service.name, "servicekit"):
        package = f"mcp-fleet-{name}"
        run_uv(settings, checkout, *("build", "--quiet", "--wheel", "--package", package, "--out-dir", str(folder)))
        (found[package],) = folder.glob(f"{package.replace('-', '_')}-*.whl")
    return found


def _constraints(settings: DevkitSettings, service: ServiceDescription) -> list[str]:
    plain = ("--no-dev", "--no-emit-workspace", "--no-hashes", "--no-annotate", "--no-header")
    listed = run_uv(
        settings,
        Checkout(settings.workspace),
        *("export", "--quiet", "--frozen", *plain, "--package", f"mcp-fleet-{service.name}"),
    )
    return [line for line in listed.splitlines() if line]


def _archive(path: Path, files: Mapping[str, bytes]) -> None:
    """A zip archive that depends on nothing but the files: sorted, stored, without times of this machine."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = _MODE
            archive.writestr(entry, files[name])

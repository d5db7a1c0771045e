"""The whole way of a release in a scratch clone, with the commands of docs/releasing.md.

Kit 1.2.0 and orders 1.0.0 are released; the kit moves on to 1.3.0 on main, and weather is released on it; then orders
ships a fix from its maintenance branch, on kit 1.2.0. Images are left out: they need a registry, and are tried in
`tests/deploy/images`.
"""

import json
import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.helm import find_helm
from devkit.errors import DevkitError
from devkit.settings import WORKSPACE, DevkitSettings

from .conftest import git
from .test_verification import write_key

pytestmark = pytest.mark.slow

PINNED = dict.fromkeys(("PYTHON_IMAGE", "UV_IMAGE"), f"example.com/base@sha256:{'a' * 64}")
"""What `devkit base-images` gives the workflow."""


class Scratch:
    """A clone of this checkout with an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.keys = folder
        write_key(folder, "key")
        git(WORKSPACE, "clone", "--quiet", "--no-tags", str(WORKSPACE), str(self.folder))
        git(self.folder, "checkout", "--quiet", "-B", "main")
        git(self.folder, "config", "user.name", "Ann")
        git(self.folder, "config", "user.email", "ann@example.test")
        if (tools := WORKSPACE / ".tools" / "uv").exists():
            (self.folder / ".tools").mkdir()
            (self.folder / ".tools" / "uv").symlink_to(tools)

    def make(self, *arguments: str) -> str:
        """The output of a make target, without the variables of the make and the environment around this test."""
        outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
        environment = {name: value for name, value in os.environ.items() if name not in outer} | PINNED
        finished = subprocess.run(
            ["make", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, f"make {' '.join(arguments)}\n{finished.stdout}\n{finished.stderr}"
        return finished.stdout

    def note(self, section: str, text: str) -> None:
        """Add a line to the unreleased entry of a section of the changelog."""
        file = self.folder / "CHANGELOG.md"
        heading = f"## {section}\n\n### [Unreleased]\n"
        changelog = file.read_text(encoding="utf-8")
        assert heading in changelog
        file.write_text(changelog.replace(heading, f"{heading}\n- {text}\n", 1), encoding="utf-8")

    def release(self, package: str, version: str, text: str) -> Path:
        """Raise a version, commit, and tag the release; returns its files."""
        self.note(package, text)
        self.make("version", f"S={package}", f"TO={version}")
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", f"Release {package} {version}")
        said = self.make("release", f"S={package}", "TAG=yes", "IMAGES=no", f"KEY={self.keys / 'key.pem'}")
        assert f"Tagged {package}-v{version}." in said
        folder = f"dist/{package}-{version}"
        verified = self.make("verify-release", f"F={folder}", f"KEY={self.keys / 'key.pub'}")
        assert f"provenance  {package} {version} on kit" in verified
        return self.folder / folder


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    try:
        find_helm(DevkitSettings())
    except DevkitError as missing:
        pytest.skip(str(missing))
    if git(WORKSPACE, "status", "--porcelain", "--untracked-files=no"):
        pytest.skip("the checkout has uncommitted changes, which a clone does not have")
    return Scratch(tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def releases(scratch: Scratch) -> dict[str, Path]:
    """Every release of the story, by name."""
    first = {
        "kit 1.2": scratch.release("servicekit", "1.2.0", "The kit, with versions."),
        "orders 1.0": scratch.release("orders", "1.0.0", "The first release."),
    }
    git(scratch.folder, "branch", "release/orders-1.0")
    later = {
        "kit 1.3": scratch.release("servicekit", "1.3.0", "A faster pipeline."),
        "weather": scratch.release("weather", "1.0.0", "The first release, on kit 1.3."),
    }
    git(scratch.folder, "checkout", "--quiet", "release/orders-1.0")
    return {**first, **later, "fix": scratch.release("orders", "1.0.1", "Refunds of split parcels.")}


def of_wheel(folder: Path, package: str) -> str:
    """The metadata of a package's wheel."""
    (wheel,) = folder.glob(f"mcp_fleet_{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def versions_of(folder: Path, service: str) -> dict[str, Any]:
    """What a release says about the versions of the server and of its kit, by place."""
    metadata = of_wheel(folder, service)
    (accepted,) = re.findall(r"^Requires-Dist: mcp-fleet-servicekit(?:\[\w+\])?([<>=][^;\n]+)$", metadata, re.MULTILINE)
    sbom = json.loads((folder / "sbom.cdx.json").read_text(encoding="utf-8"))
    kits = {entry["version"] for entry in sbom["components"] if entry["name"] == "mcp-fleet-servicekit"}
    (chart,) = folder.glob("*.tgz")
    with tarfile.open(chart) as archive:
        described = archive.extractfile(f"{service}/Chart.yaml")
        assert described is not None
        parts = yaml.safe_load(described.read())
    return {
        "wheel": re.search(r"^Version: (.*)$", metadata, re.MULTILINE)[1],  # type: ignore[index]
        "wheel of the kit": re.search(r"^Version: (.*)$", of_wheel(folder, "servicekit"), re.MULTILINE)[1],  # type: ignore[index]
        "accepts": set(accepted.split(",")),
        "sbom": sbom["metadata"]["component"]["version"],
        "kit in sbom": kits,
        "chart": (parts["version"], parts["appVersion"]),
    }


def expected(version: str, kit: str, accepted: set[str]) -> dict[str, Any]:
    return {
        "wheel": version,
        "wheel of the kit": kit,
        "accepts": accepted,
        "sbom": version,
        "kit in sbom": {kit},
        "chart": (version, version),
    }


def test_a_fix_keeps_its_kit_while_another_server_moves_on(releases: dict[str, Path]) -> None:
    assert versions_of(releases["orders 1.0"], "orders") == expected("1.0.0", "1.2.0", {">=1.2", "<1.3"})
    assert versions_of(releases["weather"], "weather") == expected("1.0.0", "1.3.0", {">=1.3", "<1.4"})
    assert versions_of(releases["fix"], "orders") == expected("1.0.1", "1.2.0", {">=1.2", "<1.3"})
    assert (releases["fix"] / "notes.md").read_text(encoding="utf-8") == "- Refunds of split parcels.\n"


def test_each_release_is_a_tag(releases: dict[str, Path], scratch: Scratch) -> None:
    tags = {"servicekit-v1.2.0", "servicekit-v1.3.0", "orders-v1.0.0", "orders-v1.0.1", "weather-v1.0.0"}
    assert set(git(scratch.folder, "tag").split()) == tags
    assert {file.suffix for file in releases["kit 1.3"].iterdir()} >= {".whl", ".json", ".md"}
    assert not list(releases["kit 1.3"].glob("*.tgz"))


def test_the_workflow_s_checkout_of_the_fix_builds_it_again(
    releases: dict[str, Path], scratch: Scratch, tmp_path: Path
) -> None:
    """As the release workflow does: the tag without a local branch, `devkit tagged`, then `make release`."""
    first = (releases["fix"] / "SHA256SUMS").read_text(encoding="utf-8")
    fresh = tmp_path / "checkout"
    git(scratch.folder, "clone", "--quiet", str(scratch.folder), str(fresh))
    git(fresh, "checkout", "--quiet", "--detach", "orders-v1.0.1")
    git(fresh, "branch", "--quiet", "-D", "release/orders-1.0")
    (fresh / ".tools").mkdir()
    if (scratch.folder / ".tools" / "uv").exists():
        (fresh / ".tools" / "uv").symlink_to(WORKSPACE / ".tools" / "uv")
    devkit = [scratch.folder / ".venv" / "bin" / "devkit"]
    run = {"cwd": fresh, "env": {**os.environ, "DEVKIT_WORKSPACE": str(fresh), **PINNED}, "text": True, "check": True}
    assert subprocess.run([*devkit, "tagged", "orders-v1.0.1"], stdout=subprocess.PIPE, **run).stdout == "orders\n"  # type: ignore[call-overload]
    said = subprocess.run([*devkit, "release", "orders", "--no-images"], stdout=subprocess.PIPE, **run).stdout  # type: ignore[call-overload]
    assert "Built the tagged release orders-v1.0.1." in said
    built = fresh / "dist" / "orders-1.0.1" / "SHA256SUMS"
    assert built.read_text(encoding="utf-8") == first


def test_main_has_the_newer_kit(releases: dict[str, Path], scratch: Scratch) -> None:
    assert releases
    kit = tomllib.loads(git(scratch.folder, "show", "main:packages/servicekit/pyproject.toml"))
    assert kit["project"]["version"] == "1.3.0"
    assert ">=1.3,<1.4" in git(scratch.folder, "show", "main:services/orders/pyproject.toml")

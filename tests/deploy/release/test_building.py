"""Two builds of one commit give the same release files."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from devkit.charts.helm import find_helm
from devkit.errors import DevkitError
from devkit.release.build import NOT_INSTALLED, build_release
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.workspace.services import find


@pytest.fixture(scope="module")
def settings() -> DevkitSettings:
    """A machine with Helm and without an image builder, as building images takes a minute."""
    without_builder = DevkitSettings.model_validate({"PATH": "/nonexistent"})
    try:
        find_helm(without_builder)
    except DevkitError as missing:
        pytest.skip(str(missing))
    return without_builder


def build(settings: DevkitSettings) -> tuple[Path, dict[str, str]]:
    folder, images = build_release(settings, find(WORKSPACE, "weather"))
    assert images == []
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return folder, {name: digest for digest, name in (line.split("  ") for line in sums)}


def test_two_builds_give_the_same_files(settings: DevkitSettings) -> None:
    folder, first = build(settings)
    _, second = build(settings)
    assert first == second
    assert {name.rpartition(".")[2] for name in first} == {"whl", "json", "tgz", "md"}
    for name, digest in first.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    with tarfile.open(next(folder.glob("*.tgz"))) as chart:
        assert "weather/charts/mcp-library/templates/_all.tpl" in chart.getnames()
    components = {entry["name"] for entry in json.loads((folder / "sbom.cdx.json").read_text())["components"]}
    assert {"mcp", "mcp-fleet-servicekit", "typer"} <= components
    assert not components & {"pytest", "mcp-fleet-devkit", "alembic", *NOT_INSTALLED}

"""Two builds of the same commit become the same image, which says what it contains."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import DevkitError
from devkit.release.cli import described
from devkit.release.findings import Finding
from devkit.release.image import Image, kinds_of
from devkit.release.image_folder import LIST_TYPE, contents_of, forget_builder, join, platform_of
from devkit.release.image_table import image_table
from devkit.settings import WORKSPACE
from devkit.workspace.services import find


def written(folder: Path, container: str) -> Path:
    """An image as `buildah push dir:` writes it, built in one container."""
    folder.mkdir()
    configuration: dict[str, Any] = {
        "container": container,
        "parent": f"sha256:{container}",
        "history": [
            {"created_by": "/bin/sh"},
            {"created_by": 'LABEL org.opencontainers.image.title="mcp-${SERVICE}"', "empty_layer": True},
            {"created_by": "COPY /app /app", "comment": f"FROM {container[:12]}"},
        ],
        "os": "linux",
        "architecture": "arm64",
        "created": "2026-01-31T00:00:00Z",
        "config": {"Hostname": container[:12], "User": "10001:10001", "Healthcheck": {"Test": ["CMD", "true"]}},
        "container_config": {"Hostname": container[:12], "Image": f"sha256:{container}"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:aa"]},
    }
    content = json.dumps(configuration).encode()
    name = hashlib.sha256(content).hexdigest()
    (folder / name).write_bytes(content)
    manifest = {
        "schemaVersion": 2,
        "config": {"digest": f"sha256:{name}", "size": len(content)},
        "layers": [{"digest": "sha256:bb", "size": 1000}, {"digest": "sha256:cc", "size": 24}],
    }
    (folder / "manifest.json").write_bytes(json.dumps(manifest).encode())
    return folder


def test_the_build_container_leaves_no_trace(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", "1" * 64), written(tmp_path / "other", "2" * 64)
    assert forget_builder(one) == forget_builder(other)
    assert {file.name for file in one.iterdir()} == {file.name for file in other.iterdir()}


def test_the_normalised_image_is_complete(tmp_path: Path) -> None:
    image = written(tmp_path / "image", "1" * 64)
    digest = forget_builder(image)
    content = (image / "manifest.json").read_bytes()
    assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    described = json.loads(content)["config"]
    configuration = (image / described["digest"].removeprefix("sha256:")).read_bytes()
    assert hashlib.sha256(configuration).hexdigest() == described["digest"].removeprefix("sha256:")
    assert len(configuration) == described["size"]
    kept = json.loads(configuration)["config"]
    assert kept == {"User": "10001:10001", "Healthcheck": {"Test": ["CMD", "true"]}}


STATUS = """Package: libc6
Status: install ok installed
Priority: optional
Version: 2.41-12
Description: C library
 with a line that has no field

Package: removed
Status: deinstall ok config-files
Version: 1.0

Package: tzdata
Status: install ok installed
Version: 2026a-0
"""
SITE = "app/.venv/lib/python3.11/site-packages"


def layer(folder: Path, files: dict[str, str]) -> dict[str, Any]:
    """Write a layer; returns its entry in the manifest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    return {"digest": f"sha256:{digest}", "size": len(content)}


def with_packages(folder: Path, version: str = "2.3.0") -> Path:
    image = written(folder, "1" * 64)
    manifest = json.loads((image / "manifest.json").read_bytes())
    manifest["layers"] = [
        layer(
            image,
            {
                "./var/lib/dpkg/status": STATUS,
                "usr/local/lib/python3.11/site-packages/pip-26.1.dist-info/METADATA": "",
            },
        ),
        layer(
            image,
            {
                f"{SITE}/{name}-{version}.dist-info/{file}": ""
                for name in ("mcp", "Jinja2", "mcp_fleet_orders")
                for file in ("METADATA", "RECORD")
            },
        ),
    ]
    (image / "manifest.json").write_bytes(json.dumps(manifest).encode())
    return image


def test_an_image_lists_its_packages(tmp_path: Path) -> None:
    contents = contents_of(with_packages(tmp_path / "image"))
    assert contents.python == {"jinja2": "2.3.0", "mcp": "2.3.0", "mcp-fleet-orders": "2.3.0"}
    assert contents.debian == {"libc6": "2.41-12", "tzdata": "2026a-0"}
    assert platform_of(tmp_path / "image") == "linux/arm64"
    assert contents.base_python == {"pip": "26.1"}
    assert contents.size == sum(contents.layers)
    assert contents.own_layers == contents.layers[1:]
    assert described(Image("localhost/mcp-orders:1.0.0", "sha256:aa", {"linux/arm64": contents})).splitlines() == [
        "localhost/mcp-orders:1.0.0@sha256:aa",
        "  linux/arm64: 0.0 MB compressed, in 2 layers (0.0 + 0.0), 1 of them the base's",
        "  3 Python packages: jinja2 2.3.0, mcp 2.3.0, mcp-fleet-orders 2.3.0",
        "  2 Debian packages: libc6 2.41-12, tzdata 2026a-0",
        "  1 base's Python packages: pip 26.1",
    ]


def test_an_image_of_another_build_has_no_own_layers(tmp_path: Path) -> None:
    folder = with_packages(tmp_path / "image")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / manifest["config"]["digest"].removeprefix("sha256:")).write_text('{"history": [{"created_by": "sh"}]}')
    with pytest.raises(DevkitError, match="was not built from the Dockerfile"):
        contents_of(folder)


def test_the_table_counts_findings_of_what_an_image_has(tmp_path: Path) -> None:
    contents = contents_of(with_packages(tmp_path / "image"))
    images = {
        name: [Image(f"localhost/mcp-{name}:1.0.0", "sha256:aa", {"linux/arm64": contents})]
        for name in ("orders", "weather", "github")
    }
    found = [Finding(("CVE-1",), package, "2.3.0", "not rated", "2.3.1") for package in ("Jinja2", "alembic")]
    rows = image_table(images, {"orders": found, "weather": [], "github": None}).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]
    assert [(row[0], *row[3:5]) for row in cells] == [
        ("`mcp-orders:1.0.0`, linux/arm64", "3", "1"),
        ("`mcp-weather:1.0.0`, linux/arm64", "3", "none"),
        ("`mcp-github:1.0.0`, linux/arm64", "3", "not known"),
    ]
    assert cells[0][1] == "1"
    assert cells[0][5] == "2 layers, 0.0 MB, 2 Debian packages"


def test_platforms_are_joined_to_one_image(tmp_path: Path) -> None:
    digests = {}
    for platform, number in (("linux/arm64", "2"), ("linux/amd64", "1")):
        folder = with_packages(tmp_path / number, number)
        digests[platform] = forget_builder(folder)
    joined = join(tmp_path / "image", {"linux/arm64": tmp_path / "2", "linux/amd64": tmp_path / "1"})
    content = (tmp_path / "image" / "manifest.json").read_bytes()
    assert joined == f"sha256:{hashlib.sha256(content).hexdigest()}"
    listed = json.loads(content)
    assert listed["mediaType"] == LIST_TYPE
    assert [entry["platform"] for entry in listed["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux"},
    ]
    assert [entry["digest"] for entry in listed["manifests"]] == [digests["linux/amd64"], digests["linux/arm64"]]
    assert len(set(digests.values())) == 2
    for entry in listed["manifests"]:
        manifest = (tmp_path / "image" / f"{entry['digest'].removeprefix('sha256:')}.manifest.json").read_bytes()
        assert (f"sha256:{hashlib.sha256(manifest).hexdigest()}", len(manifest)) == (entry["digest"], entry["size"])
        for part in (json.loads(manifest)["config"], *json.loads(manifest)["layers"]):
            assert (tmp_path / "image" / part["digest"].removeprefix("sha256:")).is_file()


def test_only_a_database_has_an_image_for_its_owner() -> None:
    assert kinds_of(find(WORKSPACE, "orders")) == ("server", "owner")
    assert kinds_of(find(WORKSPACE, "weather")) == ("server",)

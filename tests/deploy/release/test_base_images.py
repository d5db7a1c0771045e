"""A published release is built on images whose content cannot change."""

from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.release import cli
from devkit.release.base_images import base_images, resolved, unpinned
from devkit.settings import WORKSPACE, DevkitSettings

from .conftest import git
from .test_readiness import CHANGELOG

DIGEST = f"sha256:{'a' * 64}"
SKOPEO = """#!/bin/sh
echo "$@" >> {calls}
echo {answer}
echo "unauthorized" >&2
exit {status}
"""


def with_skopeo(folder: Path, answer: str, status: int = 0, **images: str) -> DevkitSettings:
    """Settings of a machine whose skopeo gives this answer."""
    program = folder / "skopeo"
    program.write_text(SKOPEO.format(calls=folder / "calls", answer=answer, status=status), encoding="utf-8")
    program.chmod(0o755)
    return DevkitSettings(PATH=f"{folder}:/usr/bin:/bin", **{"PYTHON_IMAGE": None, "UV_IMAGE": None, **images})


def test_the_images_of_the_dockerfile_are_resolved(tmp_path: Path) -> None:
    settings = with_skopeo(tmp_path, DIGEST)
    found = resolved(settings)
    assert found == {
        "PYTHON_IMAGE": f"docker.io/library/python@{DIGEST}",
        "UV_IMAGE": f"ghcr.io/astral-sh/uv@{DIGEST}",
    }
    assert unpinned(found) == []
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert "inspect --no-tags --format {{.Digest}} docker://docker.io/library/python:3.11-slim" in calls


def test_a_pinned_image_and_a_port_are_left_alone(tmp_path: Path) -> None:
    images = {"PYTHON_IMAGE": f"mirror:5000/python@{DIGEST}", "UV_IMAGE": "mirror:5000/uv:1"}
    found = resolved(with_skopeo(tmp_path, DIGEST, **images))
    assert found == {"PYTHON_IMAGE": images["PYTHON_IMAGE"], "UV_IMAGE": f"mirror:5000/uv@{DIGEST}"}


@pytest.mark.parametrize(("answer", "status"), [("", 0), ("sha256:aa", 0), (DIGEST, 1)])
def test_an_unresolved_image_stops_the_release(tmp_path: Path, answer: str, status: int) -> None:
    with pytest.raises(DevkitError, match=r"(?s)skopeo did not resolve docker\.io.*unauthorized"):
        resolved(with_skopeo(tmp_path, answer, status))


def test_resolving_needs_skopeo() -> None:
    with pytest.raises(DevkitError, match="needs skopeo"):
        resolved(DevkitSettings(PATH="/nonexistent", PYTHON_IMAGE=None))


@pytest.mark.parametrize("image", ["python:3.11", "python", "python@sha256:aa", f"python:3.11 @{DIGEST}"])
def test_an_image_without_a_digest_is_unpinned(image: str) -> None:
    (sentence,) = unpinned({"PYTHON_IMAGE": image, "UV_IMAGE": f"uv@{DIGEST}"})
    assert sentence.startswith(f"PYTHON_IMAGE is {image}, whose content may change. Pin it: devkit base-images")


def test_the_dockerfile_s_own_images_are_tags() -> None:
    """So that a release without resolved digests is refused, and not built on an old base for ever."""
    assert len(unpinned(base_images(DevkitSettings(PYTHON_IMAGE=None, UV_IMAGE=None, workspace=WORKSPACE)))) == 2


def test_a_tagged_release_refuses_an_unpinned_base(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fleet / "CHANGELOG.md").write_text(CHANGELOG.replace("[Unreleased]", "[1.0.0] - 2026-01-31"), encoding="utf-8")
    (fleet / "Dockerfile").write_text("ARG PYTHON_IMAGE=python:3.11\n", encoding="utf-8")
    git(fleet, "add", ".")
    git(fleet, "commit", "--quiet", "--message", "Release")
    git(fleet, "tag", "orders-v1.0.0")
    monkeypatch.setenv("DEVKIT_WORKSPACE", str(fleet))
    for name in ("PYTHON_IMAGE", "UV_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DevkitError, match=r"(?s)orders-v1\.0\.0 cannot be released:.*PYTHON_IMAGE is python:3\.11"):
        cli.release("orders")

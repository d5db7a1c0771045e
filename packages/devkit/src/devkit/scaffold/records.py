"""Remembers the files that made a server, so that removing it can tell whether they were changed since.

It keeps the lock of before, too: uv writes the same resolution in more than one order.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from devkit.settings import DevkitSettings


def record(settings: DevkitSettings, name: str, files: Iterable[Path]) -> None:
    """Keep the digest of each file of a server that exists; digests of other files stay."""
    known = recorded(settings, name) or {}
    workspace = settings.workspace
    made = {path.relative_to(workspace).as_posix(): _digest(path) for path in files if path.is_file()}
    file = _file(settings, name)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(json.dumps({**known, **made}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def recorded(settings: DevkitSettings, name: str) -> dict[str, str] | None:
    """The digests by path in the workspace; None for a server that this checkout did not make."""
    try:
        digests: dict[str, str] = json.loads(_file(settings, name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return digests


def changed_since(settings: DevkitSettings, name: str, folders: Iterable[Path]) -> list[str]:
    """The files in these folders that are not as they were made, by path in the workspace."""
    known = recorded(settings, name) or {}
    workspace = settings.workspace
    return [
        path
        for file in sorted(file for folder in folders for file in folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
        if known.get(path := file.relative_to(workspace).as_posix()) != _digest(file)
    ]


def keep_lock(settings: DevkitSettings, name: str, before: bytes) -> None:
    """Keep uv.lock as it was before the server was locked, and the digest of the present one."""
    folder = _file(settings, name).parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{name}-{_digest(settings.workspace / 'uv.lock')}.lock").write_bytes(before)


def lock_before(settings: DevkitSettings, name: str) -> bytes | None:
    """uv.lock as it was before the server; None if this is unknown, or the lock was changed since."""
    file = _file(settings, name).parent / f"{name}-{_digest(settings.workspace / 'uv.lock')}.lock"
    return file.read_bytes() if file.is_file() else None


def forget(settings: DevkitSettings, name: str) -> None:
    """Remove the record."""
    file = _file(settings, name)
    for found in (file, *file.parent.glob(f"{name}-*.lock")):
        found.unlink(missing_ok=True)


def _file(settings: DevkitSettings, name: str) -> Path:
    return settings.state_directory / "scaffold" / f"{name}.json"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

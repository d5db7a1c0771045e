"""Peers that are no dependency of the project: fetched for the bench, into a folder of tools."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import NotInstalled, install, node
from tests.fixtures.pip import environment

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


def python_v1() -> str:
    """A Python with the SDK's first line.

    Raises:
        NotInstalled: pip cannot install it.
    """
    return environment(_REQUIREMENTS, _V1, "the Python SDK 1.x")


def python_v1_version() -> str:
    """Its version."""
    return next(line for line in _REQUIREMENTS.read_text().splitlines() if line.startswith("mcp==")).partition("==")[2]


@cache
def _install_npm() -> None:
    install(HERE, _NPM, "the peers from npm")

"""Installs each client from its registry into a folder of its own under `.dev/clients`."""

import shutil
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import NotInstalled, install, node
from tests.fixtures.pip import environment

ROOT: Final = WORKSPACE / ".dev" / "clients"


def python(requirements: Path) -> str:
    """The Python of an environment with these requirements, installed once.

    Raises:
        NotInstalled: pip could not reach the index.
    """
    return environment(requirements, ROOT / requirements.stem, requirements.stem)


def npm(manifest: Path) -> Path:
    """The folder with `node_modules` of what a package.json and its lock name, installed once.

    Raises:
        NotInstalled: Node is missing, or npm could not reach a registry.
    """
    folder = ROOT / manifest.name
    install(manifest, folder, manifest.name)
    return folder


def node_program(manifest: Path, program: Path) -> list[str]:
    """The command that runs a module beside the packages of a manifest, where Node finds them."""
    folder = npm(manifest)
    for module in program.parent.glob("*.mjs"):
        shutil.copy(module, folder / module.name)
    return node(str(folder / program.name))


def present(program: str) -> str:
    """The path of a program of this machine.

    Raises:
        NotInstalled: it is not on PATH.
    """
    found = shutil.which(program)
    if found is None:
        raise NotInstalled(f"{program} is not on PATH")
    return found

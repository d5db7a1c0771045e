"""Installs each client from its registry into a folder of its own under `.dev/clients`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import NotInstalled, install, node

ROOT: Final = WORKSPACE / ".dev" / "clients"


def python(requirements: Path) -> str:
    """The Python of an environment with these requirements, installed by uv, once.

    Raises:
        NotInstalled: uv is missing, or could not reach the index.
    """
    folder = ROOT / requirements.stem
    found, stamp = folder / "bin" / "python", folder / ".stamp"
    wanted = requirements.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return str(found)
    print(f"Installing {wanted.strip()} into {folder.relative_to(WORKSPACE)}", file=sys.stderr)
    for arguments in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        ["pip", "install", "--quiet", "--python", str(found), "--requirement", str(requirements)],
    ):
        # Elsewhere than in this workspace, whose settings uv would apply to the client's dependencies.
        outside = tempfile.gettempdir()
        done = subprocess.run(
            [str(Path(uv()).absolute()), *arguments], cwd=outside, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise NotInstalled(f"{wanted.strip()} could not be installed: {done.stderr.strip()[-300:]}")
    stamp.write_text(wanted, encoding="utf-8")
    return str(found)


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


def uv() -> str:
    """The project's uv.

    Raises:
        NotInstalled: it is missing.
    """
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise NotInstalled("uv is missing. `make clients` names it in UV.")
    return found


def present(program: str) -> str:
    """The path of a program of this machine.

    Raises:
        NotInstalled: it is not on PATH.
    """
    found = shutil.which(program)
    if found is None:
        raise NotInstalled(f"{program} is not on PATH")
    return found

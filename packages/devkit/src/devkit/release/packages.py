"""What has versions of its own: each server, and the kit."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from devkit.errors import DevkitError
from devkit.workspace.services import ServiceDescription, discover, find, version_in

KIT = "servicekit"
_RANGE = re.compile(r'("mcp-fleet-servicekit(?:\[[\w,-]+\])?)>=[\d.]+,<[\d.]+"')


class Releasable(Protocol):
    """A package of the workspace with versions of its own."""

    @property
    def name(self) -> str:
        """The name in tags and in CHANGELOG.md, such as ``orders``."""
        ...

    @property
    def title(self) -> str:
        """The name for people."""
        ...

    @property
    def directory(self) -> Path:
        """The folder with its pyproject.toml."""
        ...

    @property
    def version(self) -> str:
        """The version in its pyproject.toml, such as ``1.2.0``."""
        ...


@dataclass(frozen=True)
class Kit:
    """The kit that every server runs on."""

    directory: Path
    name: str = KIT
    title: str = "Kit"

    @property
    def version(self) -> str:
        """The version in its pyproject.toml, read at each access."""
        return version_in(self.directory)


def kit_of(workspace: Path) -> Kit:
    """The kit of a workspace."""
    return Kit(workspace / "packages" / KIT)


def find_releasable(workspace: Path, name: str) -> "ServiceDescription | Kit":
    """The server called `name`, or the kit. Raises `DevkitError` that lists the servers."""
    return kit_of(workspace) if name == KIT else find(workspace, name)


def accepted_kits(service: ServiceDescription) -> SpecifierSet:
    """The versions of the kit that a server's pyproject.toml accepts.

    Raises:
        DevkitError: it states no range.
    """
    file = service.directory / "pyproject.toml"
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["project"].get("dependencies", ())
    for requirement in map(Requirement, listed):
        if requirement.name == f"mcp-fleet-{KIT}" and requirement.specifier:
            return requirement.specifier
    raise DevkitError(f'{file} states no versions of the kit. Write a range, such as "mcp-fleet-servicekit>=1.2,<1.3".')


def accept_kit(workspace: Path, version: str) -> None:
    """Let every server accept the kits of the minor version of `version`, and no others.

    A minor version of the kit may change what servers import. All servers of a commit run on its one kit, so they move
    together; a release keeps the kit that it was built with.
    """
    major, minor, *_ = (int(part) for part in version.split("."))
    for service in discover(workspace):
        file = service.directory / "pyproject.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(_RANGE.sub(rf'\g<1>>={major}.{minor},<{major}.{minor + 1}"', text), encoding="utf-8")

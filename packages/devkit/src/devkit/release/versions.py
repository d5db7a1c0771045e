"""Raises the version of a server, or of the kit, in its pyproject.toml and in the changelog."""

import re
from pathlib import Path

from devkit.errors import DevkitError
from devkit.release.changelog import date_entry, has_entry
from devkit.release.packages import KIT, Releasable, accept_kit

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def raise_version(workspace: Path, package: Releasable, version: str, day: str) -> None:
    """Set the version of a package and date its unreleased entry in the changelog.

    With a new minor version of the kit, every server's range of accepted kits moves to it.

    Raises:
        DevkitError: the version is invalid or not higher (a first release may keep its version), or the changelog has
            no unreleased entry.
    """
    old, changelog = package.version, workspace / "CHANGELOG.md"
    first = version == old and not has_entry(changelog, package.name, version)
    if not _VERSION.fullmatch(version) or (numbers_of(version) <= numbers_of(old) and not first):
        raise DevkitError(f"Version '{version}' cannot follow {old}. Use a higher version, such as {_next_minor(old)}.")
    text = date_entry(changelog.read_text(encoding="utf-8"), package.name, version, day)
    project = package.directory / "pyproject.toml"
    described = project.read_text(encoding="utf-8")
    changelog.write_text(text, encoding="utf-8")
    project.write_text(described.replace(f'\nversion = "{old}"\n', f'\nversion = "{version}"\n', 1), encoding="utf-8")
    if package.name == KIT and numbers_of(version)[:2] != numbers_of(old)[:2]:
        accept_kit(workspace, version)


def numbers_of(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparison."""
    return tuple(int(part) for part in version.split("."))


def _next_minor(version: str) -> str:
    major, minor, *_ = numbers_of(version)
    return f"{major}.{minor + 1}.0"

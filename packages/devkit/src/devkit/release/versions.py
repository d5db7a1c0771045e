"""Raises the version of a server in its pyproject.toml and in the changelog."""

import re
from pathlib import Path

from devkit.errors import DevkitError
from devkit.release.changelog import date_entry, has_entry
from devkit.workspace.services import ServiceDescription

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def raise_version(workspace: Path, service: ServiceDescription, version: str, day: str) -> None:
    """Set the version of a server and date its unreleased entry in the changelog.

    Raises:
        DevkitError: the version is invalid or not higher (a first release may keep its version), or the changelog has
            no unreleased entry.
    """
    old, changelog = service.version, workspace / "CHANGELOG.md"
    first = version == old and not has_entry(changelog, service.name, version)
    if not _VERSION.fullmatch(version) or (numbers_of(version) <= numbers_of(old) and not first):
        raise DevkitError(f"Version '{version}' cannot follow {old}. Use a higher version, such as {_next_minor(old)}.")
    text = date_entry(changelog.read_text(encoding="utf-8"), service.name, version, day)
    project = service.directory / "pyproject.toml"
    described = project.read_text(encoding="utf-8")
    changelog.write_text(text, encoding="utf-8")
    project.write_text(described.replace(f'\nversion = "{old}"\n', f'\nversion = "{version}"\n', 1), encoding="utf-8")


def numbers_of(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparison."""
    return tuple(int(part) for part in version.split("."))


def _next_minor(version: str) -> str:
    major, minor, *_ = numbers_of(version)
    return f"{major}.{minor + 1}.0"

"""The version of a server: stated once, in its pyproject.toml."""

import re
from pathlib import Path

from devkit.errors import DevkitError
from devkit.release.changelog import date_entry, has_entry
from devkit.workspace.services import ServiceDescription

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def raise_version(workspace: Path, service: ServiceDescription, version: str, day: str) -> None:
    """Give a server another version, and what is unreleased of it a heading in the changelog.

    Raises:
        DevkitError: the version is not higher (the first may stay as it is), is none, or there is nothing to release.
    """
    old, changelog = service.version, workspace / "CHANGELOG.md"
    first = version == old and not has_entry(changelog, service.name, version)
    if not _VERSION.fullmatch(version) or (numbers_of(version) <= numbers_of(old) and not first):
        raise DevkitError(f"'{version}' cannot follow {old}: write a higher one as major.minor.patch.")
    text = date_entry(changelog.read_text(encoding="utf-8"), service.name, version, day)
    project = service.directory / "pyproject.toml"
    described = project.read_text(encoding="utf-8")
    changelog.write_text(text, encoding="utf-8")
    project.write_text(described.replace(f'\nversion = "{old}"\n', f'\nversion = "{version}"\n', 1), encoding="utf-8")


def numbers_of(version: str) -> tuple[int, ...]:
    """A version to be compared with others."""
    return tuple(int(part) for part in version.split("."))

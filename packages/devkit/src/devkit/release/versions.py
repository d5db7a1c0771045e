"""The version of a server: stated once, in its pyproject.toml."""

import re
import tomllib
from pathlib import Path

from devkit.errors import DevkitError
from devkit.release.changelog import date_entry, has_entry
from devkit.workspace.services import Service

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def version_of(service: Service) -> str:
    """The version of a server, such as ``1.2.0``."""
    document = tomllib.loads((service.directory / "pyproject.toml").read_text(encoding="utf-8"))
    version: str = document["project"]["version"]
    return version


def raise_version(workspace: Path, service: Service, version: str, day: str) -> None:
    """Give a server another version, and what is unreleased of it a heading in the changelog.

    Raises:
        DevkitError: the version is not higher (the first may stay as it is), is none, or there is nothing to release.
    """
    old, changelog = version_of(service), workspace / "CHANGELOG.md"
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

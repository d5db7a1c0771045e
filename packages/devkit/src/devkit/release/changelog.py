"""Reads and dates entries of CHANGELOG.md (Keep a Changelog, with a section for each server)."""

import re
from pathlib import Path

from devkit.errors import DevkitError

UNRELEASED = "### [Unreleased]"


def notes(file: Path, service: str, version: str) -> str:
    """The changelog's entry for a version of a server, or its unreleased entry before that."""
    section = _section(file.read_text(encoding="utf-8"), service)
    found = _entry(section, rf"\[{re.escape(version)}\][^\n]*") or _entry(section, r"\[Unreleased\]")
    if not found:
        raise DevkitError(
            f"CHANGELOG.md has no entry for {service} {version}. Describe the changes under '## {service}'."
        )
    return found


def has_entry(file: Path, service: str, version: str) -> bool:
    """Whether the changelog has a dated, non-empty entry for a version of a server."""
    section = _section(file.read_text(encoding="utf-8"), service)
    return bool(_entry(section, rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d"))


def _entry(section: str, heading: str) -> str:
    found = re.search(rf"^### {heading}\n(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def date_entry(text: str, service: str, version: str, day: str) -> str:
    """Move the unreleased entry of a server under the heading of a version. Raises `DevkitError`."""
    section = _section(text, service)
    if not re.search(rf"^{re.escape(UNRELEASED)}\n+\S", section, re.MULTILINE):
        raise DevkitError(
            f"CHANGELOG.md has no unreleased entry for {service}. Describe the changes under '## {service}'."
        )
    dated = section.replace(UNRELEASED, f"{UNRELEASED}\n\n### [{version}] - {day}", 1)
    return text.replace(section, dated, 1)


def _section(text: str, service: str) -> str:
    found = re.search(rf"^## {re.escape(service)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise DevkitError(f"CHANGELOG.md has no section '## {service}'. Add it with the heading '{UNRELEASED}'.")
    return found[0]

"""The section of a server in CHANGELOG.md."""

import re
from typing import Final

_KIT: Final = "servicekit"


def with_section(changelog: str, name: str, entry: str) -> str:
    """A changelog with a section for a server, with one unreleased entry: in alphabetical order, before the kit's."""
    section = f"## {name}\n\n### [Unreleased]\n\n- {entry}\n"
    headings = re.finditer(r"^## (\S+)$", changelog, re.MULTILINE)
    place = next(match.start() for match in headings if match[1] > name or match[1] == _KIT)
    return f"{changelog[:place]}{section}\n{changelog[place:]}"


def without_section(changelog: str, name: str) -> str:
    """A changelog without the section of a server."""
    cut = re.sub(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", "", changelog, flags=re.MULTILINE | re.DOTALL)
    return f"{cut.rstrip()}\n"

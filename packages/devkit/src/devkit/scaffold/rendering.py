"""Renders a template: a folder of real files about ``billing`` and its invoices, with other names put into them.

So a template is valid code, which the linters of the workspace check where it stands.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from devkit.scaffold.names import Names

TEMPLATES: Final = Path(__file__).parent / "templates"
PORT: Final = 8199
"""The port in the templates."""
UPSTREAM: Final = "https://api.example.com"
"""The address of the outside API in the templates."""


def replacements(names: Names, *, port: int, upstream: str | None = None) -> Mapping[str, str]:
    """What stands in the place of each word of a template."""
    pairs = {
        "billing": names.service,
        "invoice": names.noun,
        "invoices": names.nouns,
    }
    spelled = {
        form(word): form(value) for word, value in pairs.items() for form in (str.lower, str.upper, str.capitalize)
    }
    return {**spelled, str(PORT): str(port), UPSTREAM: upstream or UPSTREAM}


def render(folder: Path, words: Mapping[str, str], files: str = "*") -> Iterator[tuple[PurePosixPath, str]]:
    """Path in the workspace and content of each file of a template, with `words` replaced in both.

    Args:
        files: a pattern of the files' names.
    """
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    for file in sorted(folder.rglob(files)):
        if file.is_file() and "__pycache__" not in file.parts:
            path = file.relative_to(folder).as_posix()
            text = pattern.sub(lambda match: words[match[0]], file.read_text(encoding="utf-8"))
            yield PurePosixPath(pattern.sub(lambda match: words[match[0]], path)), text

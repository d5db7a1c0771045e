"""What makes a new server: its names, its port and its files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from devkit.errors import DevkitError
from devkit.scaffold.evaluation import Request
from devkit.scaffold.names import Names, names_of
from devkit.scaffold.ports import next_port
from devkit.scaffold.rendering import TEMPLATES, render, replacements
from devkit.settings import DevkitSettings
from devkit.workspace.services import discover


@dataclass(frozen=True)
class Plan:
    """A server that can be made.

    Attributes:
        files: content by path in the workspace.
        changelog: the first entry of its section, without the hyphen.
        requests: candidates for the evaluation set, in users' words: about five for each tool, some of them hard. The
            maker takes one for each tool and some more, so that a third is hard and a third unseen.
        notes: sentences for the developer, printed at the end.
    """

    names: Names
    port: int
    files: Mapping[PurePosixPath, str]
    changelog: str
    requests: Sequence[Request]
    notes: Sequence[str] = field(default=())


def plan(settings: DevkitSettings, service: str, *, noun: str | None = None, database: bool = False) -> Plan:
    """Plan a server from the templates.

    Args:
        service: its name, such as ``billing``.
        noun: its records, such as ``invoice``; see `names_of`.
        database: it owns a Postgres database.

    Raises:
        DevkitError: a name is bad or taken, or no port is free.
    """
    names = names_of(settings.workspace, service, noun)
    port = next_port(settings, discover(settings.workspace))
    words = replacements(names, port=port)
    files: dict[PurePosixPath, str] = {}
    for folder in ("common", "database" if database else "plain"):
        files |= dict(render(TEMPLATES / folder, words))
    return Plan(
        names=names,
        port=port,
        files=files,
        changelog=f"Search, read and archive {names.nouns}. Archiving is confirmed by a person.",
        requests=requests(words),
    )


def requests(words: Mapping[str, str], name: str = "common") -> list[Request]:
    """Candidates for the evaluation set from a template."""
    ((_, text),) = render(TEMPLATES / "requests", words, f"{name}.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def require_free_paths(settings: DevkitSettings, files: Mapping[PurePosixPath, str]) -> None:
    """Raise `DevkitError` if a file of the plan exists."""
    for path in files:
        if (settings.workspace / path).exists():
            raise DevkitError(f"{path} exists already. Remove it, or choose another name.")

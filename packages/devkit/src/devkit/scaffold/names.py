"""Names of a new server and of what it keeps: checked, with the forms in which code and prose use them."""

import builtins
import json
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from devkit.errors import DevkitError
from devkit.simulators.registry import SIMULATORS

LONGEST: Final = 14
_WORD: Final = re.compile(r"[a-z][a-z0-9]+")
_OF_THE_FLEET: Final = frozenset(
    {"devkit", "fleet", "issuer", "kit", "library", "mcp", "mcplibrary", "portal", "postgres", "servicekit", "valkey"}
)
"""Charts, containers, programs and schemas of the workspace that are no servers."""
_OF_THE_CODE: Final = frozenset({
    "action", "adapter", "annotation", "arg", "argument", "audit", "base", "caller", "client", "code", "completion",
    "count", "cursor", "data", "database", "effect", "error", "field", "key", "kit", "limit", "model", "name",
    "number", "owner", "page", "permission", "plan", "port", "preview", "prompt", "query", "reader", "record",
    "resource", "result", "row", "scope", "self", "server", "service", "setting", "source", "status", "store",
    "tenant", "tenants", "term", "test", "text", "title", "tool", "toolset", "url", "value", "version", "word",
    "writer",
})  # fmt: skip
"""Words that the templates use for something else."""


@dataclass(frozen=True)
class Names:
    """The names of a server: its own, and the noun of the records that its tools are about.

    Attributes:
        service: the folder, such as ``billing``.
        noun: one record, such as ``invoice``.
        nouns: several records, such as ``invoices``; also the table.
    """

    service: str
    noun: str
    nouns: str

    @property
    def title(self) -> str:
        """The name for people, such as ``Billing``."""
        return self.service.capitalize()

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that a template makes for the noun."""
        return (f"search_{self.nouns}", f"get_{self.noun}", f"archive_{self.noun}")


def names_of(workspace: Path, service: str, noun: str | None = None) -> Names:
    """The names of a new server.

    Args:
        service: the server's name, such as ``billing``.
        noun: one record, such as ``invoice``, or both forms, such as ``person/people``. By default the singular of a
            plural name, such as ``invoice`` for ``invoices``, else ``item``.

    Raises:
        DevkitError: a name is bad or taken; says why, with an example.
    """
    check_service_name(workspace, service)
    given = noun or (service[:-1] if service.endswith("s") and len(service) > 3 else "item")
    one, _, several = given.partition("/")
    names = Names(service, one, several or plural(one))
    _check_noun(names)
    for tool in names.tools:
        if (other := server_with_tool(workspace, tool)) is not None:
            raise DevkitError(
                f"NOUN={one} would make the tool {tool}, which {other} has, and a client of both servers could not "
                f"tell them apart. Choose another noun, such as NOUN={service}item."
            )
    return names


def check_service_name(workspace: Path, name: str) -> None:
    """Raise `DevkitError` with the reason if no server can be called `name`."""
    example = "Use a short word, such as NAME=billing."
    if not _WORD.fullmatch(name):
        raise DevkitError(
            f"NAME={name} cannot name a server: it becomes a Python package, a database role and a host name, so it "
            f"has lower-case letters and digits only, and begins with a letter. {example}"
        )
    if len(name) > LONGEST:
        raise DevkitError(f"NAME={name} has {len(name)} characters; the most is {LONGEST}. {example}")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise DevkitError(f"NAME={name} is a reserved word of Python. {example}")
    if name in RESERVED_WORDS:
        raise DevkitError(
            f"NAME={name} is a reserved word of Postgres, and the server's schema has its name. {example}"
        )
    if name in _OF_THE_FLEET or name in SIMULATORS.keys() - {one.name for one in (workspace / "services").glob("*")}:
        raise DevkitError(f"NAME={name} is taken: a part of the workspace has that name. {example}")
    for folder in ("services", "tests/services", "helm"):
        if (workspace / folder / name).exists():
            raise DevkitError(f"NAME={name} is taken: {folder}/{name} exists. Choose another name, such as {name}2.")


def _check_noun(names: Names) -> None:
    example = "Use the word for one record, such as NOUN=invoice, or both forms, such as NOUN=person/people."
    for word in (names.noun, names.nouns):
        if not _WORD.fullmatch(word) or len(word) > LONGEST:
            raise DevkitError(
                f"NOUN={word} cannot name a record: it has 2 to {LONGEST} lower-case letters and digits, in one word. "
                f"{example}"
            )
        if keyword.iskeyword(word) or keyword.issoftkeyword(word) or word in dir(builtins):
            raise DevkitError(f"NOUN={word} is a name of Python itself. {example}")
        if word in _OF_THE_CODE:
            raise DevkitError(f"NOUN={word} has another meaning in the code of a server. {example}")
    if names.nouns in RESERVED_WORDS:
        raise DevkitError(
            f"NOUN={names.noun}: {names.nouns} is a reserved word of Postgres, and names a table. {example}"
        )
    if names.noun == names.nouns:
        raise DevkitError(f"NOUN={names.noun}: one record and several need different words. {example}")


def plural(noun: str) -> str:
    """The regular English plural of a noun."""
    if re.search(r"(?:s|x|z|ch|sh)$", noun):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if re.search(r"[^aeiou]y$", noun) else f"{noun}s"


def server_with_tool(workspace: Path, tool: str) -> str | None:
    """The server whose contract file has a tool of that name."""
    return next((server for server, tools in _offered(workspace) if tool in tools), None)


def _offered(workspace: Path) -> Iterator[tuple[str, Iterable[str]]]:
    for file in sorted((workspace / "tests" / "contract" / "snapshots").glob("*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))["tools"]

"""Round trips of text through a server: read where it is shown, given to a tool that writes, found in the store."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from uuid import uuid4

from mcp.client import Client
from pydantic import BaseModel

from devkit.stores.databases import DatabaseUrls
from servicekit.registry.tools import ToolSpec
from servicekit.schema.argument_types import Identifier, Searched
from servicekit.schema.free_text import FreeText
from tests.fixtures.calls import call


async def write(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a call of its own: with the same arguments, another call is no repetition of it."""
    return await call(client, tool, idempotency_key=str(uuid4()), **arguments)


@dataclass(frozen=True)
class Shown:
    """A field in which tools show text.

    Attributes:
        name: the tool and the field.
        plant: writes a text into the store, past every tool.
        read: the field, as a tool shows it.
    """

    name: str
    plant: Callable[[str], Awaitable[None]]
    read: Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Written:
    """An argument with text that a tool stores.

    Attributes:
        name: the tool and the argument, for example ``commit_files.files[].content``.
        write: gives a text to the tool; returns what is then in the store.
        stored: what the tool makes of a text: the text itself, unless it is a name.
    """

    name: str
    write: Callable[[str], Awaitable[str | None]]
    stored: Callable[[str], str] = str


@dataclass(frozen=True)
class Stores:
    """What `text_fields` of a server gets for one test.

    Attributes:
        urls: a database of its own, migrated and seeded; only for a server with a database.
        valkey_url: a Valkey server.
        folder: an empty folder.
    """

    urls: DatabaseUrls
    valkey_url: str
    folder: Path


@dataclass(frozen=True)
class TextFields:
    """Every field and argument of a server with text that goes round."""

    shown: Sequence[Shown]
    written: Sequence[Written]


def text_arguments(tool: ToolSpec) -> set[str]:
    """The arguments of a tool that take text of no closed form, and the members of arguments that do."""
    return _texts_of(tool, (Identifier,))


def unexplained_texts(tool: ToolSpec) -> set[str]:
    """The text arguments that say neither what they identify nor whether their text is stored or searched for."""
    return _texts_of(tool, (Identifier, FreeText, Searched))


def _texts_of(tool: ToolSpec, explained_by: tuple[type, ...]) -> set[str]:
    found: set[str] = set()
    for parameter in inspect.signature(tool.method, eval_str=True).parameters.values():
        found |= _texts(parameter.annotation, f"{tool.name}.{parameter.name}", explained_by)
    return found


def _texts(annotation: Any, path: str, explained_by: tuple[type, ...]) -> set[str]:
    if annotation is str:
        return {path}
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return set() if any(isinstance(mark, explained_by) for mark in marks) else _texts(inner, path, explained_by)
    found: set[str] = set()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if not any(isinstance(mark, explained_by) for mark in info.metadata):
                found |= _texts(info.annotation, f"{path}.{name}", explained_by)
    elif get_origin(annotation) is not Literal:
        for inner in get_args(annotation):
            found |= _texts(inner, f"{path}[]" if get_origin(annotation) is list else path, explained_by)
    return found

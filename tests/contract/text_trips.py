"""Round trips of text through a server: read where it is shown, given to a tool that writes, found in the store."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from mcp.client import Client
from pydantic import TypeAdapter

from servicekit.registry.tools import ToolSpec
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
class TextFields:
    """Every field and argument of a server with text that goes round."""

    shown: Sequence[Shown]
    written: Sequence[Written]


def text_arguments(tool: ToolSpec) -> set[str]:
    """The arguments of a tool that take text of no closed form, and the members of arguments that do."""
    found: set[str] = set()
    for parameter in inspect.signature(tool.method, eval_str=True).parameters.values():
        schema = TypeAdapter(parameter.annotation).json_schema()
        found |= _texts(schema, schema.get("$defs", {}), f"{tool.name}.{parameter.name}")
    return found


def _texts(node: Any, definitions: Any, path: str) -> set[str]:
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    if node.get("type") == "string" and not {"pattern", "enum", "const", "format"} & node.keys():
        return {path}
    found: set[str] = set()
    for option in node.get("anyOf", ()):
        found |= _texts(option, definitions, path)
    if "items" in node:
        found |= _texts(node["items"], definitions, f"{path}[]")
    for name, member in node.get("properties", {}).items():
        found |= _texts(member, definitions, f"{path}.{name}")
    return found

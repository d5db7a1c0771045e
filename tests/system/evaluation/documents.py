"""What a client can search: the text of each tool as `tools/list` shows it, with or without its arguments."""

from dataclasses import dataclass

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose_to_describe
from devkit.workspace.services import discover
from servicekit.registry.tools import ToolSpec


@dataclass(frozen=True)
class Document:
    """The searchable text of one tool."""

    server: str
    tool: str
    text: str


def tools_of_every_server() -> dict[str, dict[str, ToolSpec]]:
    """The tools of each server by name."""
    return {service.name: dict(compose_to_describe(service.name).registry.tools) for service in discover(WORKSPACE)}


def documents(tools: dict[str, dict[str, ToolSpec]], *, arguments: bool) -> list[Document]:
    """Name, title and description; with `arguments`, the name and the description of each of them too."""
    return [
        Document(server, name, text_of(tool, arguments=arguments))
        for server, named in tools.items()
        for name, tool in named.items()
    ]


def text_of(tool: ToolSpec, *, arguments: bool) -> str:
    """The text of one tool, with the words of its names apart."""
    lines = [tool.name.replace("_", " "), tool.title, tool.description]
    if arguments:
        properties = tool.arguments.schema.get("properties", {})
        lines += [f"{name.replace('_', ' ')}: {row.get('description', '')}" for name, row in properties.items()]
    return "\n".join(lines)

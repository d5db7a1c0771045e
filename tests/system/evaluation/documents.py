"""What a client can search: the text of each tool as `tools/list` shows it, with or without its arguments."""

from dataclasses import dataclass

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose_to_describe
from devkit.workspace.services import discover
from servicekit.registry.tools import ToolSpec
from servicekit.server.service import Service


@dataclass(frozen=True)
class Document:
    """The searchable text of one tool.

    Attributes:
        toolset: the toolset that a client has to choose to get it; None where it is listed by default.
    """

    server: str
    tool: str
    text: str
    toolset: str | None = None


def every_server() -> dict[str, Service]:
    """The servers by name."""
    return {service.name: compose_to_describe(service.name) for service in discover(WORKSPACE)}


def documents(servers: dict[str, Service], *, arguments: bool) -> list[Document]:
    """Name, title and description; with `arguments`, the name and the description of each of them too."""
    return [
        Document(name, tool.name, text_of(tool, arguments=arguments), chosen_toolset(service, tool))
        for name, service in servers.items()
        for tool in service.registry.tools.values()
    ]


def chosen_toolset(service: Service, tool: ToolSpec) -> str | None:
    """The toolset of a tool that is not listed by default."""
    return None if tool.toolset is None or tool.toolset in service.toolsets.listed else tool.toolset


def text_of(tool: ToolSpec, *, arguments: bool) -> str:
    """The text of one tool, with the words of its names apart."""
    lines = [tool.name.replace("_", " "), tool.title, tool.description]
    if arguments:
        properties = tool.arguments.schema.get("properties", {})
        lines += [f"{name.replace('_', ' ')}: {row.get('description', '')}" for name, row in properties.items()]
    return "\n".join(lines)

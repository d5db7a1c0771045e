"""The registration of the kit's own tools, whose names and descriptions say which server they speak of."""

from typing import Any

from servicekit.core.identity import ServerIdentity
from servicekit.registry.operation import description_of
from servicekit.registry.tools import ToolSpec, tool_spec
from servicekit.schema.arguments import Method


def own_tool(method: Method, identity: ServerIdentity, title: str, **options: Any) -> ToolSpec:
    """The registration of a tool of the kit, which any authenticated caller may use.

    Args:
        method: its name follows the server's in the tool's name; `{server}` in its docstring is the server's title.
    """
    return tool_spec(
        method,
        scopes=frozenset(),
        name=identity.own_tool(method.__name__),
        title=f"{title} ({identity.title})",
        description=description_of(method).replace("{server}", identity.title),
        **options,
    )

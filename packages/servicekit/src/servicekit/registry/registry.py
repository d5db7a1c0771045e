"""Everything one server offers, found by what a request names."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from mcp.shared.uri_template import UriTemplate

from servicekit.registry.operation import Operation
from servicekit.registry.prompts import CompletionSpec, PromptSpec
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec

MAX_SUBSCRIPTIONS: Final = 100
"""Resources that one `subscriptions/listen` names at most."""
# RFC 3986 §2, and a length that no resource of ours comes near.
_PLAIN_URI = re.compile(r"[a-z][a-z0-9+.\-]*://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,256}")


class Registry:
    """The table of a service, indexed once.

    Raises:
        ValueError: two rows of one kind share a name, or a row cannot be served.
    """

    def __init__(
        self,
        tools: Sequence[ToolSpec],
        resources: Sequence[ResourceSpec] = (),
        prompts: Sequence[PromptSpec] = (),
        completions: Sequence[CompletionSpec] = (),
    ) -> None:
        self.tools = _by_name(tools)
        self.resources = _by_name(resources)
        self.prompts = _by_name(prompts)
        self.completions = _by_name(completions)
        self._templates = [(UriTemplate.parse(row.name), row) for row in resources if row.is_template]
        for template, row in self._templates:
            if set(template.variable_names) != set(row.arguments.names):
                raise ValueError(f"{row.name}: its variables are not the parameters of {row.method.__qualname__}")
        for tool in tools:
            variables = UriTemplate.parse(tool.link).variable_names if tool.link is not None else []
            if not set(variables) <= set(tool.arguments.names):
                raise ValueError(f"{tool.name}: its link {tool.link} has variables that are not its arguments")

    @property
    def operations(self) -> list[Operation]:
        """Every row, of every kind."""
        return [
            *self.tools.values(),
            *self.resources.values(),
            *self.prompts.values(),
            *self.completions.values(),
        ]

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some row needs."""
        return frozenset().union(*(operation.scopes for operation in self.operations))

    @property
    def toolsets(self) -> frozenset[str]:
        """Every toolset that some row belongs to."""
        return frozenset(row.toolset for row in self.operations if row.toolset is not None)

    def find_resource(self, uri: str) -> tuple[ResourceSpec, dict[str, Any]] | None:
        """The row that serves a URI, and the values of its variables."""
        exact = self.resources.get(uri)
        if exact is not None and not exact.is_template:
            return exact, {}
        for template, row in self._templates:
            values = template.match(uri)
            if values is not None:
                return row, dict(values)
        return None

    def may_repeat(self, uri: str) -> bool:
        """Whether a URI that names nothing may be given back to whoever sent it: its scheme is one of ours, and it has
        no room for more than a URI."""
        schemes = {row.name.partition("://")[0] for row in self.resources.values()}
        return uri.partition("://")[0] in schemes and _PLAIN_URI.fullmatch(uri) is not None

    def find(self, method: str, params: Mapping[str, Any]) -> Operation | None:
        """The row that an MCP request is about; None where it is about none, or names one that does not exist."""
        match method:
            case "tools/call":
                return _get(self.tools, params.get("name"))
            case "prompts/get":
                return _get(self.prompts, params.get("name"))
            case "resources/read":
                uri = params.get("uri")
                found = self.find_resource(uri) if isinstance(uri, str) else None
                return found[0] if found else None
            case "completion/complete":
                argument = params.get("argument")
                return _get(self.completions, argument.get("name")) if isinstance(argument, Mapping) else None
            case _:
                return None

    def needed(self, method: str, params: Mapping[str, Any]) -> list[Operation]:
        """Every row whose scopes a request needs: the one it is about, or those it wants to subscribe to."""
        wanted = params.get("notifications") if method == "subscriptions/listen" else None
        uris = wanted.get("resourceSubscriptions") if isinstance(wanted, Mapping) else None
        if isinstance(uris, list):
            # More are refused anyhow, and a megabyte of them would take a second to look up.
            first = islice(dict.fromkeys(uri for uri in uris if isinstance(uri, str)), MAX_SUBSCRIPTIONS + 1)
            found = map(self.find_resource, first)
            return [row[0] for row in found if row is not None]
        operation = self.find(method, params)
        return [] if operation is None else [operation]

    def has_argument(self, reference: Mapping[str, Any], argument: str) -> bool:
        """Whether the prompt or resource template that a completion refers to has such an argument."""
        row: Operation | None
        if reference.get("type") == "ref/prompt":
            row = _get(self.prompts, reference.get("name"))
        else:
            row = _get(self.resources, reference.get("uri"))
        return row is not None and argument in row.arguments.names


def _get(rows: Mapping[str, Any], name: object) -> Operation | None:
    row: Operation | None = rows.get(name) if isinstance(name, str) else None
    return row


def _by_name(rows: Sequence[Any]) -> dict[str, Any]:
    named = {row.name: row for row in rows}
    if len(named) != len(rows):
        names = [row.name for row in rows]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"two rows share a name: {', '.join(twice)}")
    return named

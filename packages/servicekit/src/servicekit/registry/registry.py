"""The registry: all registrations of a server, found by name or URI."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mcp.shared.uri_template import UriTemplate

from servicekit.registry.operation import Operation
from servicekit.registry.prompts import CompletionSpec, PromptSpec
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec
from servicekit.telemetry.redaction import redact

MAX_SUBSCRIPTIONS: Final = 100
"""The largest number of resources in one `subscriptions/listen`."""
# RFC 3986 §2, with more length than any of our resource URIs needs.
_PLAIN_URI = re.compile(r"\A[a-z][a-z0-9+.\-]*://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,256}")


class Registry:
    """The registrations of a service.

    Raises:
        ValueError: two registrations of one kind share a name, or one is inconsistent.
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
        # What completes an argument of a prompt or resource needs the rights of that prompt or resource.
        self._completions_of: dict[tuple[str, str], dict[str, CompletionSpec]] = {
            (operation.kind, operation.name): {
                name: replace(
                    found,
                    scopes=found.scopes | operation.scopes,
                    toolset=found.toolset or operation.toolset,
                    completes=operation,
                )
                for name, found in self.completions.items()
                if name in operation.arguments.names
            }
            for operation in (*resources, *prompts)
        }
        self._templates = [
            (UriTemplate.parse(resource.name), resource) for resource in resources if resource.is_template
        ]
        for template, resource in self._templates:
            if set(template.variable_names) != set(resource.arguments.names):
                raise ValueError(
                    f"{resource.name}: its variables are not the parameters of {resource.method.__qualname__}"
                )
        for tool in tools:
            variables = UriTemplate.parse(tool.link).variable_names if tool.link is not None else []
            if not set(variables) <= set(tool.arguments.names):
                raise ValueError(f"{tool.name}: its link {tool.link} has variables that are not its arguments")

    @property
    def operations(self) -> list[Operation]:
        """All registrations of every kind."""
        return [
            *self.tools.values(),
            *self.resources.values(),
            *self.prompts.values(),
            *self.completions.values(),
        ]

    def completions_of(self, operation: Operation) -> Collection[CompletionSpec]:
        """The completions of the arguments of a prompt or resource."""
        return self._completions_of.get((operation.kind, operation.name), {}).values()

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the registrations need."""
        return frozenset().union(*(operation.scopes for operation in self.operations))

    @property
    def toolsets(self) -> frozenset[str]:
        """The toolsets of the registrations."""
        return frozenset(operation.toolset for operation in self.operations if operation.toolset is not None)

    def find_resource(self, uri: str) -> tuple[ResourceSpec, dict[str, Any]] | None:
        """The resource that serves a URI, with the values of its template variables."""
        exact = self.resources.get(uri)
        if exact is not None and not exact.is_template:
            return exact, {}
        for template, resource in self._templates:
            values = template.match(uri)
            if values is not None:
                return resource, dict(values)
        return None

    def resource_of(self, uri: str) -> ResourceSpec | None:
        """The resource that serves a URI."""
        found = self.find_resource(uri)
        return found[0] if found is not None else None

    def is_safe_to_echo(self, uri: str) -> bool:
        """Whether an unknown URI may be repeated in an error: it has a registered scheme, is short, and holds neither
        text nor a secret."""
        schemes = {resource.name.partition("://")[0] for resource in self.resources.values()}
        is_plain = uri.partition("://")[0] in schemes and _PLAIN_URI.fullmatch(uri) is not None
        return is_plain and redact(uri) == uri

    def find(self, method: str, params: Mapping[str, Any]) -> tuple[Operation, Mapping[str, Any]] | None:
        """The operation that an MCP request names, with its arguments; None where it names none or an unknown one."""
        match method:
            case "tools/call":
                return _with_arguments(self.tools, params)
            case "prompts/get":
                return _with_arguments(self.prompts, params)
            case "resources/read":
                uri = params.get("uri")
                return self.find_resource(uri) if isinstance(uri, str) else None
            case "completion/complete":
                return self._find_completion(params)
            case _:
                return None

    def _find_completion(self, params: Mapping[str, Any]) -> tuple[Operation, Mapping[str, Any]] | None:
        argument, context, reference = params.get("argument"), params.get("context"), params.get("ref")
        if not isinstance(argument, Mapping) or not isinstance(reference, Mapping):
            return None
        kind, member = ("prompt", "name") if reference.get("type") == "ref/prompt" else ("resource", "uri")
        name = reference.get(member)
        offered = self._completions_of.get((kind, name), {}) if isinstance(name, str) else {}
        completion = _get(offered, argument.get("name"))
        if completion is None:
            return None
        chosen = context.get("arguments") if isinstance(context, Mapping) else None
        return completion, {"prefix": argument.get("value"), "chosen": chosen or {}}


def _with_arguments(
    operations: Mapping[str, Operation], params: Mapping[str, Any]
) -> tuple[Operation, Mapping[str, Any]] | None:
    operation, arguments = _get(operations, params.get("name")), params.get("arguments")
    return None if operation is None else (operation, arguments if isinstance(arguments, Mapping) else {})


def _get(operations: Mapping[str, Any], name: object) -> Operation | None:
    operation: Operation | None = operations.get(name) if isinstance(name, str) else None
    return operation


def _by_name(operations: Sequence[Any]) -> dict[str, Any]:
    named = {operation.name: operation for operation in operations}
    if len(named) != len(operations):
        names = [operation.name for operation in operations]
        duplicates = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"two registrations share a name: {', '.join(duplicates)}")
    return named

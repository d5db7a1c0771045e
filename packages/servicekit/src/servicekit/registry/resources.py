"""Registrations of resources: a URI or URI template, and the method that reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from servicekit.registry.operation import Operation, description_of, required_scopes, return_annotation, title_of
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.content import TypedContents
from servicekit.schema.results import OutputSchema

RESOURCE_BUDGET = 1024 * 1024
"""The largest resource in bytes. A reader asked for the whole, so it is larger than a tool's budget."""

BINARY: Final = "application/octet-stream"
_DEFAULT_TYPES: Final[dict[object, str]] = {
    str: "text/plain",
    bytes: BINARY,
    str | bytes: "text/plain",
    TypedContents: BINARY,
}


@dataclass(frozen=True, kw_only=True)
class ResourceSpec(Operation):
    """A resource, or the resources of a URI template (RFC 6570). `name` is the URI or the template."""

    mime_type: str
    subscribable: bool = False

    @property
    def is_template(self) -> bool:
        """Whether the URI has variables."""
        return "{" in self.name


def resource(
    uri: str,
    method: Method,
    *,
    scope: str | Iterable[str],
    title: str | None = None,
    mime_type: str | None = None,
    budget: int = RESOURCE_BUDGET,
    subscribable: bool = False,
    toolset: str | None = None,
) -> ResourceSpec:
    """Register a resource.

    Args:
        uri: the URI, or a template whose variables are the method's parameters.
        method: an async method that returns a pydantic model (sent as JSON), `str`, `bytes`, ``str | bytes``, or
            `TypedContents`, whose type goes before `mime_type`.
        scope: the scopes that a caller needs, all of them.
        title: the display title; by default made from the method's name.
        mime_type: by default ``application/json`` for a model, ``text/plain`` for text and
            ``application/octet-stream`` for bytes, also for bytes from a ``str | bytes`` method.
        budget: the largest content in bytes.
        subscribable: clients may subscribe; the service publishes changes to `servicekit.storage.change_feed.feed`.
        toolset: the group by which operators and clients select it.
    """
    returns = return_annotation(method)
    output = OutputSchema(returns, budget)
    if output.has_attachments:
        raise TypeError(f"{method.__qualname__}: a resource has one content; attachments are for tools and prompts")
    return ResourceSpec(
        kind="resource",
        name=uri,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=required_scopes(scope),
        method=method,
        arguments=Arguments(method),
        output=output,
        mime_type=mime_type or _DEFAULT_TYPES.get(output.plain_type, "application/json"),
        subscribable=subscribable,
        toolset=toolset,
    )

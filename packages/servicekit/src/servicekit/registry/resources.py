"""The rows of the resource table: a URI template, and the method that reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from servicekit.registry.operation import Operation, description_of, returns_of, scope_set, title_of
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.results import OutputSchema

RESOURCE_BUDGET = 1024 * 1024
"""The most bytes one resource may have: a reader asked for the whole, so this is larger than a tool's budget."""

BINARY: Final = "application/octet-stream"
_USUAL_TYPES: Final[dict[object, str]] = {str: "text/plain", bytes: BINARY, str | bytes: "text/plain"}


@dataclass(frozen=True, kw_only=True)
class ResourceSpec(Operation):
    """A resource, or a family of them behind one URI template (RFC 6570). `name` is the template."""

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
    """A row for a resource.

    Args:
        uri: the URI, or a template whose variables are the method's parameters.
        method: an async method that returns a pydantic model (sent as JSON), text, or bytes; text or bytes, as
            it comes, for ``str | bytes``.
        scope: what the caller's credential must carry.
        title: what people see.
        mime_type: ``application/json`` for a model, ``text/plain`` for text and ``application/octet-stream`` for bytes,
            unless said otherwise; bytes in the place of text always say so.
        budget: the most bytes of one reading.
        subscribable: the service announces its changes (`servicekit.storage.change_feed`), and clients may
            listen for them.
        toolset: the group that operators and clients choose it by.
    """
    returns = returns_of(method)
    shape = OutputSchema(returns, budget)
    if shape.has_attachments:
        raise TypeError(f"{method.__qualname__}: a resource is one thing; attachments are for tools and prompts")
    return ResourceSpec(
        kind="resource",
        name=uri,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=scope_set(scope),
        method=method,
        arguments=Arguments(method),
        output=shape,
        mime_type=mime_type or _USUAL_TYPES.get(returns, "application/json"),
        subscribable=subscribable,
        toolset=toolset,
    )

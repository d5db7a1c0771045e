"""The rows of the tool table: a method, and one line of policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from servicekit.arguments import Arguments, Method
from servicekit.operations import Operation, description_of, returns_of, scope_set, title_of
from servicekit.results import DEFAULT_BUDGET, Shape


@dataclass(frozen=True, kw_only=True)
class ToolSpec(Operation):
    """A tool. Make one with `read` or `write`.

    Attributes:
        destructive: it deletes, pays, sends or cannot be undone.
        idempotent: the same call again changes nothing more.
        open_world: it reaches beyond this fleet's own stores.
        link: URI template of the resource that holds the whole of a result that was cut.
    """

    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
    link: str | None = None


def read(
    method: Method,
    *,
    scope: str | Iterable[str],
    title: str | None = None,
    open_world: bool = False,
    budget: int = DEFAULT_BUDGET,
    link: str | None = None,
) -> ToolSpec:
    """A row for a tool that only reads.

    Args:
        method: an async method; its name is the tool's, its docstring is what the model reads.
        scope: what the caller's credential must carry; several scopes are all needed.
        title: what people see; made from the name where absent.
        open_world: the tool reaches beyond this fleet's own stores.
        budget: the most bytes of JSON text in one result.
        link: URI template of the resource that holds the whole, in terms of the tool's arguments.

    Raises:
        TypeError, ValueError: the method or the scope is not fit for a row.
    """
    return tool_spec(
        method, scopes=scope_set(scope), title=title, open_world=open_world, budget=budget, link=link, writes=False
    )


def write(
    method: Method,
    *,
    scope: str | Iterable[str],
    title: str | None = None,
    destructive: bool = False,
    idempotent: bool = False,
    open_world: bool = False,
    budget: int = DEFAULT_BUDGET,
) -> ToolSpec:
    """A row for a tool that changes something; the arguments are those of `read`, and two more.

    Args:
        destructive: it deletes, pays, sends or cannot be undone.
        idempotent: the same call again changes nothing more.
    """
    return tool_spec(
        method,
        scopes=scope_set(scope),
        title=title,
        open_world=open_world,
        budget=budget,
        writes=True,
        destructive=destructive,
        idempotent=idempotent,
    )


def tool_spec(
    method: Method, *, scopes: frozenset[str], title: str | None = None, budget: int = DEFAULT_BUDGET, **policy: Any
) -> ToolSpec:
    """A prepared row; the kit's own tools, which any signed-in caller may use, are made here directly."""
    shape = Shape(returns_of(method), budget)
    extra: dict[str, tuple[Any, Any]] = {}
    if shape.field_names:
        names: Any = Literal.__getitem__(shape.field_names)  # a closed set known only at run time
        extra["fields"] = (
            Annotated[list[names] | None, Field(min_length=1, description="Return only these fields of each record.")],
            None,
        )
    return ToolSpec(
        kind="tool",
        name=method.__name__,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=scopes,
        method=method,
        arguments=Arguments(method, extra),
        shape=shape,
        **policy,
    )

"""The rows of the tool table: a method, and one line of policy."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from servicekit.journal.idempotency_key import IdempotencyKey
from servicekit.registry.operation import Operation, description_of, parameters_of, returns_of, scope_set, title_of
from servicekit.registry.preview import Preview
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.results import DEFAULT_BUDGET, OutputSchema

Confirm = Callable[..., Awaitable[Preview | None]]


@dataclass(frozen=True, kw_only=True)
class ToolSpec(Operation):
    """A tool. Make one with `read` or `write`.

    Attributes:
        destructive: it deletes, pays, sends or cannot be undone.
        idempotent: the same call again changes nothing more.
        open_world: it reaches beyond this fleet's own stores.
        link: URI template of the resource that holds the whole of a result that was cut.
        confirm: shows what the same arguments would do; consent to that comes before the effect. None from it: this
            time no consent is needed.
        recover: finds what an earlier attempt did whose outcome nobody knows.
    """

    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
    link: str | None = None
    confirm: Confirm | None = None
    recover: Method | None = None


def read(
    method: Method,
    *,
    scope: str | Iterable[str],
    title: str | None = None,
    open_world: bool = False,
    budget: int = DEFAULT_BUDGET,
    link: str | None = None,
    cost: int = 1,
    toolset: str | None = None,
) -> ToolSpec:
    """A row for a tool that only reads.

    Args:
        method: an async method; its name is the tool's, its docstring is what the model reads.
        scope: what the caller's credential must carry; several scopes are all needed.
        title: what people see; made from the name where absent.
        open_world: the tool reaches beyond this fleet's own stores.
        budget: the most bytes of JSON text in one result.
        link: URI template of the resource that holds the whole, in terms of the tool's arguments.
        cost: what one call takes from the caller's budget for this tool.
        toolset: the group that operators and clients choose it by.

    Raises:
        TypeError, ValueError: the method or the scope is not fit for a row.
    """
    return tool_spec(
        method,
        scopes=scope_set(scope),
        title=title,
        open_world=open_world,
        budget=budget,
        link=link,
        cost=cost,
        toolset=toolset,
        writes=False,
    )


def write(
    method: Method,
    *,
    scope: str | Iterable[str],
    title: str | None = None,
    destructive: bool = False,
    confirm: Confirm | None = None,
    recover: Method | None = None,
    open_world: bool = False,
    budget: int = DEFAULT_BUDGET,
    cost: int = 1,
    toolset: str | None = None,
) -> ToolSpec:
    """A row for a tool that changes something; the arguments are those of `read`, and two more.

    The pipeline adds an `idempotency_key` argument, which a destructive tool requires.

    Args:
        destructive: it deletes, pays, sends or cannot be undone. Such a tool needs `confirm`.
        confirm: an async method with the tool's own parameters that returns the `Preview` to be agreed to. A tool that
            is not destructive may have one too, which returns None wherever no consent is needed.
        recover: for an effect in a service outside, an async method with some of the tool's parameters, and
            ``**_``, that looks for what an earlier attempt at the same write did (`servicekit.journal.effect_id`), and
            returns None where it did nothing.

    Raises:
        TypeError: a destructive tool without `confirm`, or methods that take different arguments.
    """
    if destructive and (confirm is None or returns_of(confirm) == Preview | None):
        raise TypeError(f"{method.__qualname__}: a destructive tool always has a preview to confirm")
    if confirm is not None and parameters_of(confirm) != parameters_of(method):
        raise TypeError(f"{confirm.__qualname__} must take the same parameters as {method.__qualname__}")
    if recover is not None and not parameters_of(recover).keys() - {"_"} <= parameters_of(method).keys():
        raise TypeError(f"{recover.__qualname__} must take parameters of {method.__qualname__}, and **_")
    return tool_spec(
        method,
        scopes=scope_set(scope),
        title=title,
        open_world=open_world,
        budget=budget,
        cost=cost,
        toolset=toolset,
        writes=True,
        destructive=destructive,
        confirm=confirm,
        recover=recover,
    )


def tool_spec(
    method: Method,
    *,
    scopes: frozenset[str],
    title: str | None = None,
    budget: int = DEFAULT_BUDGET,
    returns: object = None,
    **policy: Any,
) -> ToolSpec:
    """A prepared registration. The kit's own tools, which any authenticated caller may use, are made here directly.

    Args:
        returns: the result type to advertise, where it differs from the method's return annotation.
    """
    returns = returns or returns_of(method)
    if returns is bytes:
        raise TypeError(f"{method.__qualname__}: bytes are for resources; a tool sends a Picture, a Sound or Embedded")
    shape = OutputSchema(returns, budget)
    if shape.has_attachments and policy.get("writes"):
        raise TypeError(
            f"{method.__qualname__}: a tool that writes returns no attachments: replies are kept without them"
        )
    extra: dict[str, tuple[Any, Any]] = {}
    if shape.field_names:
        names: Any = Literal.__getitem__(shape.field_names)  # a closed set known only at run time
        extra["fields"] = (
            Annotated[list[names] | None, Field(min_length=1, description="Return only these fields of each record.")],
            None,
        )
    if policy.get("writes"):
        required = bool(policy.get("destructive"))
        extra["idempotency_key"] = (IdempotencyKey, ...) if required else (IdempotencyKey | None, None)
    return ToolSpec(
        kind="tool",
        name=method.__name__,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=scopes,
        method=method,
        arguments=Arguments(method, extra),
        output=shape,
        **policy,
    )

"""Registrations of tools: a method, and the policy that applies to it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MethodType
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, WithJsonSchema

from servicekit.journal.idempotency_key import IdempotencyKey
from servicekit.registry.operation import (
    Operation,
    description_of,
    parameters_of,
    required_scopes,
    return_annotation,
    title_of,
)
from servicekit.registry.preview import ADDED, PREVIEW_SCHEMA, Preview
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.results import DEFAULT_BUDGET, OutputSchema
from servicekit.schema.slim_schema import Schema

_ANY_NAMES: Final = {"type": "array", "items": {"type": "string"}}
"""The names are in the results; in the schema of every list they would cost more than most arguments."""

Confirm = Callable[..., Awaitable[Preview | None]]


@dataclass(frozen=True, kw_only=True)
class ToolSpec(Operation):
    """A tool. Make one with `read` or `write`.

    Attributes:
        destructive: it deletes, pays, sends or cannot be undone.
        idempotent: repeating a call has no further effect.
        open_world: it uses services outside this fleet.
        link: URI template of the resource with the whole result, for results that are cut.
        confirm: returns the preview that the user confirms before the tool runs, or None where this call needs no
            confirmation.
        recover: finds the effect of an earlier attempt whose outcome is unknown.
    """

    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
    link: str | None = None
    confirm: Confirm | None = None
    recover: Method | None = None

    @cached_property
    def output_schema(self) -> Schema | None:
        """The output schema to advertise: the result's, or a preview's where this tool may answer with one."""
        schema = self.output.schema
        if schema is None or self.confirm is None:
            return schema
        return {"type": "object", "anyOf": [schema, PREVIEW_SCHEMA]}


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
    """Register a tool that only reads.

    Args:
        method: an async method. Its name is the tool's name, its docstring the description that models read.
        scope: the scopes that a caller needs, all of them.
        title: the display title; by default made from the method's name.
        open_world: the tool uses services outside this fleet.
        budget: the largest result in bytes of JSON text.
        link: URI template of the resource with the whole result; its variables are arguments of the tool.
        cost: what one call counts against the caller's rate limit for this tool.
        toolset: the group by which operators and clients select it.

    Raises:
        TypeError, ValueError: the method or the scope cannot be registered.
    """
    return tool_spec(
        method,
        scopes=required_scopes(scope),
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
    """Register a tool that changes something. The arguments of `read` mean the same here.

    The pipeline adds an `idempotency_key` argument, which a destructive tool requires.

    Args:
        destructive: it deletes, pays, sends or cannot be undone. Such a tool needs `confirm`.
        confirm: an async method with the tool's parameters that returns the `Preview` to confirm. For a tool that is
            not destructive it may return None where a call needs no confirmation.
        recover: for effects outside this fleet, an async method with some of the tool's parameters, and ``**_``, that
            finds the effect of an earlier attempt at the same write (`servicekit.journal.effect_id`), or returns None.

    Raises:
        TypeError: a destructive tool without `confirm`, or methods with different parameters.
    """
    if destructive and (confirm is None or return_annotation(confirm) == Preview | None):
        raise TypeError(f"{method.__qualname__}: a destructive tool needs `confirm`, a method that returns a Preview")
    if confirm is not None and (taken := ADDED & _preview_fields(confirm)):
        raise TypeError(f"{confirm.__qualname__}: rename {', '.join(sorted(taken))}, a name that every preview has")
    if confirm is not None and parameters_of(confirm) != parameters_of(method):
        raise TypeError(f"{confirm.__qualname__} must take the same parameters as {method.__qualname__}")
    if recover is not None and not parameters_of(recover).keys() - {"_"} <= parameters_of(method).keys():
        raise TypeError(f"{recover.__qualname__} must take parameters of {method.__qualname__}, and **_")
    return tool_spec(
        method,
        scopes=required_scopes(scope),
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


def _preview_fields(confirm: Confirm) -> set[str]:
    """The names of the fields of a preview."""
    annotation = return_annotation(confirm)
    models = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
    return {name for model in models if issubclass(model, Preview) for name in model.model_fields}


def tool_spec(
    method: Method,
    *,
    scopes: frozenset[str],
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    budget: int = DEFAULT_BUDGET,
    returns: object = None,
    **policy: Any,
) -> ToolSpec:
    """A prepared registration. The kit's own tools, which any authenticated caller may use, are made here directly.

    Args:
        name, description: in place of the method's name and docstring.
        returns: the result type to advertise, where it differs from the method's return annotation.
    """
    name = name or method.__name__
    declared = (budget, bool(policy.get("writes")), bool(policy.get("destructive")))
    function = getattr(method, "__func__", None)
    if function is None or returns is not None:
        arguments, output = _prepared(method, returns or return_annotation(method), *declared)
    else:
        arguments, output = _prepared_once(function, *declared)
    return ToolSpec(
        kind="tool",
        name=name,
        title=title or title_of(name),
        description=description or description_of(method),
        scopes=scopes,
        method=method,
        arguments=arguments,
        output=output,
        **policy,
    )


def _prepared(
    method: Method, returns: Any, budget: int, writes: bool, destructive: bool
) -> tuple[Arguments, OutputSchema]:
    """The validator of the arguments, those of the pipeline included, and the serialiser of the result."""
    if returns is bytes:
        raise TypeError(
            f"{method.__qualname__}: a tool cannot return bytes; return an Image, Audio or EmbeddedResource"
        )
    output = OutputSchema(returns, budget, selectable=not writes)
    if output.has_attachments and writes:
        raise TypeError(
            f"{method.__qualname__}: a tool that writes returns no attachments: recorded results do not keep them"
        )
    extra: dict[str, tuple[Any, Any]] = {}
    if output.field_names:
        names: Any = Literal.__getitem__(output.field_names)  # a closed set known only at run time
        chosen: Any = Annotated[
            list[names], WithJsonSchema(_ANY_NAMES), Field(min_length=1, max_length=2 * len(output.field_names))
        ]
        extra["fields"] = (Annotated[chosen | None, Field(description=_fields_text(output.on_request))], None)
    if writes:
        extra["idempotency_key"] = (IdempotencyKey, ...) if destructive else (IdempotencyKey | None, None)
    return Arguments(method, extra), output


@lru_cache(maxsize=1_000)
def _prepared_once(function: Callable[..., Any], *declared: Any) -> tuple[Arguments, OutputSchema]:
    """`_prepared`, for a method of a class. Its schemas are the same whatever object it is bound to: a process that
    runs a server more than once prepares them once."""
    method = MethodType(function, object())
    return _prepared(method, return_annotation(method), *declared)


def _fields_text(on_request: Iterable[str]) -> str | None:
    """What the name `fields` does not say: the fields that a result has only on request."""
    names = ", ".join(sorted(on_request))
    return f"On request only: {names}." if names else None

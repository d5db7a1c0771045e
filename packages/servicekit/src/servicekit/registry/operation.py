"""A registration of a service, with its validators and schemas built at start-up."""

import inspect
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from servicekit.core.deadline import forget_cancellations
from servicekit.core.errors import OutcomeUnknown, Refused, Unavailable
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.results import OutputSchema

Result = TypeVar("Result")
Kind = Literal["tool", "resource", "prompt", "completion"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A registration: an operation that callers can use, the scopes it needs, and the method that runs it.

    Attributes:
        kind: the kind of registration.
        name: its name on the wire; for a resource, its URI template.
        scopes: every scope that a caller needs; empty where any authenticated caller may use it.
        method: the async method that runs it.
        arguments: the validator made from the method's signature.
        output: the output schema made from the method's return annotation.
        writes: whether it changes something.
        cost: what one call counts against the caller's rate limit for this operation.
        toolset: the group by which operators and clients select it; None for operations that are always offered.
        open_to_all: every authenticated caller may use it, whatever its client's policy names.
    """

    kind: Kind
    name: str
    title: str
    description: str
    scopes: frozenset[str]
    method: Method
    arguments: Arguments
    output: OutputSchema
    writes: bool = False
    cost: int = 1
    toolset: str | None = None
    open_to_all: bool = False

    async def run(self, arguments: Mapping[str, Any]) -> Any:
        """Call the method with validated arguments."""
        return await result_of(self.method(**arguments))

    @cached_property
    def label(self) -> str:
        """The name in spans and logs. Its values are bounded: it contains registered names only."""
        verb = {"tool": "tools/call", "resource": "resources/read", "prompt": "prompts/get"}
        return f"{verb.get(self.kind, 'completion/complete')} {self.name}"


async def result_of(work: Awaitable[Result]) -> Result:
    """Await a method. From an exception group it raises the single cause, or one of several expected ones."""
    try:
        return await work
    except ExceptionGroup as group:
        # A task group that failed while it waited for its tasks (Python 3.11, `TaskGroup.__aexit__`) leaves its own
        # cancellation request behind, which an outer timeout would take for a cancelled caller.
        forget_cancellations()
        causes = _causes(group)
        if len(causes) > 1 and not all(isinstance(cause, Refused | Unavailable) for cause in causes):
            raise
        raise next((cause for cause in causes if isinstance(cause, OutcomeUnknown)), causes[0]) from group


def _causes(failure: Exception) -> list[Exception]:
    """The exceptions inside nested groups."""
    if not isinstance(failure, ExceptionGroup):
        return [failure]
    return [cause for inner in failure.exceptions for cause in _causes(inner)]


def required_scopes(scope: str | Iterable[str]) -> frozenset[str]:
    """The scopes of a registration, as a set.

    Raises:
        ValueError: there is none. Without a scope every authenticated caller could use the operation.
    """
    scopes = frozenset([scope] if isinstance(scope, str) else scope)
    if not scopes or not all(scopes):
        raise ValueError("a registration needs a scope, for example scope='orders:read'")
    return scopes


def description_of(method: Method) -> str:
    """The method's docstring, which models read as the description.

    Raises:
        ValueError: the method has no docstring.
    """
    text = inspect.getdoc(method)
    if not text:
        raise ValueError(f"{method.__qualname__} needs a docstring: models read it as the description")
    return text


def return_annotation(method: Method) -> object:
    """The evaluated return annotation of a method."""
    return inspect.signature(method, eval_str=True).return_annotation


def parameters_of(method: Method) -> dict[str, tuple[object, object]]:
    """The type and default of each parameter of a method, by name."""
    parameters = inspect.signature(method, eval_str=True).parameters.values()
    return {parameter.name: (parameter.annotation, parameter.default) for parameter in parameters}


def title_of(name: str) -> str:
    """A display title: ``Search orders`` for ``search_orders``."""
    return name.replace("_", " ").capitalize()

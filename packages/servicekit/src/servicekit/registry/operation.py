"""One row of a service's table, prepared: whatever a call will need that does not change is made here, at start-up."""

import asyncio
import inspect
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from servicekit.core.errors import OutcomeUnknown, Refused, Unavailable
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.results import OutputSchema

Result = TypeVar("Result")
Kind = Literal["tool", "resource", "prompt", "completion"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Something a caller may ask for, under one scope, and how it is run.

    Attributes:
        kind: which of the four tables the row stands in.
        name: its name on the wire; for a resource, its URI template.
        scopes: everything a caller needs; empty for what any signed-in caller may do.
        method: the plain async method behind it.
        arguments: the strict validator made from the method's signature.
        shape: the outgoing shape made from its return annotation.
        writes: it changes something.
        cost: what one call takes from the caller's budget for it.
        toolset: the group that operators and clients choose it by; None for what is always there.
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

    async def run(self, arguments: Mapping[str, Any]) -> Any:
        """What the method returns for validated arguments."""
        return await result_of(self.method(**arguments))

    @cached_property
    def label(self) -> str:
        """The span and log name: bounded, since it is made of registered names only."""
        verb = {"tool": "tools/call", "resource": "resources/read", "prompt": "prompts/get"}
        return f"{verb.get(self.kind, 'completion/complete')} {self.name}"


async def result_of(work: Awaitable[Result]) -> Result:
    """The result of a method. Where tasks of a group failed: their failure, or one of several if all are expected."""
    task = asyncio.current_task()
    requests = task.cancelling() if task is not None else 0
    try:
        return await work
    except ExceptionGroup as group:
        # A task group that failed while it waited for its tasks (Python 3.11, `TaskGroup.__aexit__`) leaves its own
        # request to cancel behind, and every time limit around it would take that for a caller who gave up.
        while task is not None and task.cancelling() > requests:
            task.uncancel()
        causes = _causes(group)
        if len(causes) > 1 and not all(isinstance(cause, Refused | Unavailable) for cause in causes):
            raise
        raise next((cause for cause in causes if isinstance(cause, OutcomeUnknown)), causes[0]) from group


def _causes(failure: Exception) -> list[Exception]:
    """What went wrong, without the groups around it."""
    if not isinstance(failure, ExceptionGroup):
        return [failure]
    return [cause for inner in failure.exceptions for cause in _causes(inner)]


def scope_set(scope: str | Iterable[str]) -> frozenset[str]:
    """The scopes of a row.

    Raises:
        ValueError: none was given. A row without a scope would be open to everybody.
    """
    scopes = frozenset([scope] if isinstance(scope, str) else scope)
    if not scopes or not all(scopes):
        raise ValueError("a row of the table needs a scope")
    return scopes


def description_of(method: Method) -> str:
    """The docstring, which is what a model reads.

    Raises:
        ValueError: the method has none.
    """
    text = inspect.getdoc(method)
    if not text:
        raise ValueError(f"{method.__qualname__} needs a docstring: it is what a model reads")
    return text


def returns_of(method: Method) -> object:
    """The return annotation of a method, evaluated."""
    return inspect.signature(method, eval_str=True).return_annotation


def parameters_of(method: Method) -> dict[str, tuple[object, object]]:
    """The parameters of a method: name to type and default."""
    parameters = inspect.signature(method, eval_str=True).parameters.values()
    return {parameter.name: (parameter.annotation, parameter.default) for parameter in parameters}


def title_of(name: str) -> str:
    """``search_orders`` as people read it: ``Search orders``."""
    return name.replace("_", " ").capitalize()

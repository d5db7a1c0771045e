"""The rows of the prompt and completion tables."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from servicekit.arguments import Arguments, Method
from servicekit.content import Illustrated
from servicekit.operations import Operation, description_of, returns_of, scope_set, title_of
from servicekit.results import Shape

COMPLETIONS_SHOWN = 100
"""The most values one completion may return (MCP, completion/complete)."""


@dataclass(frozen=True, kw_only=True)
class PromptSpec(Operation):
    """A prompt: a method that returns the text of a user message, and what there is to see with it."""


@dataclass(frozen=True, kw_only=True)
class CompletionSpec(Operation):
    """Suggestions for one argument name, in every prompt and resource template that has it. `name` is the argument."""


def prompt(method: Method, *, scope: str | Iterable[str], title: str | None = None) -> PromptSpec:
    """A row for a prompt.

    Args:
        method: an async method of `str` arguments that returns the text of one user message, or `Illustrated[str]`:
            that message, and one for each extra.
        scope: what the caller's credential must carry.
        title: what people see.
    """
    returns = returns_of(method)
    if returns not in (str, Illustrated[str]):
        raise TypeError(
            f"{method.__qualname__}: a prompt returns str, the text of one user message, or Illustrated[str]"
        )
    return PromptSpec(
        kind="prompt",
        name=method.__name__,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=scope_set(scope),
        method=method,
        arguments=Arguments(method),
        shape=Shape(returns),
    )


def completion(
    argument: str, method: Callable[[str], Awaitable[list[str]]], *, scope: str | Iterable[str]
) -> CompletionSpec:
    """A row for the suggestions for one argument.

    Args:
        argument: the argument's name.
        method: an async method that takes what was typed so far and returns values, best first.
        scope: what the caller's credential must carry.
    """

    async def complete(prefix: Annotated[str, Field(max_length=256)]) -> str:
        values = await method(prefix)
        return "\n".join(values[: COMPLETIONS_SHOWN + 1])

    return CompletionSpec(
        kind="completion",
        name=argument,
        title=title_of(argument),
        description=inspect.getdoc(method) or "",
        scopes=scope_set(scope),
        method=complete,
        arguments=Arguments(complete),
        shape=Shape(str),
    )

"""The rows of the prompt and completion tables."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from servicekit.registry.operation import Operation, description_of, returns_of, scope_set, title_of
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.content import WithAttachments
from servicekit.schema.results import OutputSchema

Chosen = Mapping[str, str]
"""Arguments that were chosen already, by name."""
_Typed = Annotated[str, Field(max_length=256)]
COMPLETIONS_SHOWN = 100
"""The most values one completion may return (MCP, completion/complete)."""


@dataclass(frozen=True, kw_only=True)
class PromptSpec(Operation):
    """A prompt: a method that returns the text of a user message, and what there is to see with it."""


@dataclass(frozen=True, kw_only=True)
class CompletionSpec(Operation):
    """Suggestions for one argument name, in every prompt and resource template that has it. `name` is the argument."""


def prompt(
    method: Method, *, scope: str | Iterable[str], title: str | None = None, toolset: str | None = None
) -> PromptSpec:
    """A row for a prompt.

    Args:
        method: an async method of `str` arguments that returns the text of one user message, or `WithAttachments[str]`:
            that message, and one for each extra.
        scope: what the caller's credential must carry.
        title: what people see.
        toolset: the group that operators and clients choose it by.
    """
    returns = returns_of(method)
    if returns not in (str, WithAttachments[str]):
        raise TypeError(
            f"{method.__qualname__}: a prompt returns str, the text of one user message, or WithAttachments[str]"
        )
    return PromptSpec(
        kind="prompt",
        name=method.__name__,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=scope_set(scope),
        method=method,
        arguments=Arguments(method),
        output=OutputSchema(returns),
        toolset=toolset,
    )


def completion(
    argument: str,
    method: Callable[[str], Awaitable[list[str]]] | Callable[[str, Chosen], Awaitable[list[str]]],
    *,
    scope: str | Iterable[str],
    toolset: str | None = None,
) -> CompletionSpec:
    """A row for the suggestions for one argument.

    Args:
        argument: the argument's name.
        method: an async method that takes what was typed so far and returns values, best first. One with a second
            parameter also gets the arguments that were chosen already, by name.
        scope: what the caller's credential must carry.
        toolset: the group that operators and clients choose it by.
    """
    more = len(inspect.signature(method).parameters) > 1

    async def complete(prefix: _Typed, chosen: Annotated[dict[str, _Typed], Field(max_length=20)]) -> str:
        values = await (method(prefix, chosen) if more else method(prefix))  # type: ignore[call-arg]
        return "\n".join(values[: COMPLETIONS_SHOWN + 1])

    return CompletionSpec(
        kind="completion",
        name=argument,
        title=title_of(argument),
        description=inspect.getdoc(method) or "",
        scopes=scope_set(scope),
        method=complete,
        arguments=Arguments(complete),
        output=OutputSchema(str),
        toolset=toolset,
    )

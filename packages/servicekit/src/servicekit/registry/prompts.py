"""Registrations of prompts and completions."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from servicekit.registry.operation import Operation, description_of, required_scopes, return_annotation, title_of
from servicekit.schema.arguments import Arguments, Method
from servicekit.schema.content import WithAttachments
from servicekit.schema.marks import show_line
from servicekit.schema.results import OutputSchema

ResolvedArguments = Mapping[str, str]
"""Values of arguments that the user has entered already, by name (MCP, `context.arguments`)."""
_Text = Annotated[str, Field(max_length=256)]
MAX_COMPLETIONS = 100
"""The largest number of values in a completion (MCP, completion/complete)."""


@dataclass(frozen=True, kw_only=True)
class PromptSpec(Operation):
    """A prompt: a method that returns the text of a user message, with attachments where it has some."""


@dataclass(frozen=True, kw_only=True)
class CompletionSpec(Operation):
    """A completion: values for the argument `name` in every prompt and resource template that has it.

    Attributes:
        completes: the prompt or resource; None for the registration itself.
    """

    completes: Operation | None = None


def prompt(
    method: Method, *, scope: str | Iterable[str], title: str | None = None, toolset: str | None = None
) -> PromptSpec:
    """Register a prompt.

    Args:
        method: an async method whose parameters can be read from text (a client sends no other values), such as `str`,
            `int` and `date`. It returns the text of one user message, or `WithAttachments[str]` for that message and
            one for each attachment.
        scope: the scopes that a caller needs, all of them.
        title: the display title; by default made from the method's name.
        toolset: the group by which operators and clients select it.
    """
    returns = return_annotation(method)
    if returns not in (str, WithAttachments[str]):
        raise TypeError(
            f"{method.__qualname__}: a prompt returns str, the text of one user message, or WithAttachments[str]"
        )
    return PromptSpec(
        kind="prompt",
        name=method.__name__,
        title=title or title_of(method.__name__),
        description=description_of(method),
        scopes=required_scopes(scope),
        method=method,
        arguments=Arguments(method),
        output=OutputSchema(returns),
        toolset=toolset,
    )


def completion(
    argument: str,
    method: Callable[[str], Awaitable[list[str]]] | Callable[[str, ResolvedArguments], Awaitable[list[str]]],
    *,
    scope: str | Iterable[str],
    toolset: str | None = None,
) -> CompletionSpec:
    """Register the completion of an argument.

    Args:
        argument: the argument's name.
        method: an async method that takes the text typed so far and returns values, best first. A second parameter
            gets the arguments entered already, by name. A value that a tool or prompt is given may have marks
            (`show_line`): they are taken off again.
        scope: the scopes that a caller needs, all of them.
        toolset: the group by which operators and clients select it.
    """
    takes_context = len(inspect.signature(method).parameters) > 1

    async def complete(prefix: _Text, chosen: Annotated[dict[str, _Text], Field(max_length=20)]) -> str:
        values = await (method(prefix, chosen) if takes_context else method(prefix))  # type: ignore[call-arg]
        return "\n".join(map(show_line, values[: MAX_COMPLETIONS + 1]))

    return CompletionSpec(
        kind="completion",
        name=argument,
        title=title_of(argument),
        description=inspect.getdoc(method) or "",
        scopes=required_scopes(scope),
        method=complete,
        arguments=Arguments(complete),
        output=OutputSchema(str),
        toolset=toolset,
    )

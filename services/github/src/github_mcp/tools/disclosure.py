"""Guards against leaks from private to public repositories.

A caller who has read a private repository needs a person's confirmation before each write to a public one. Text in a
repository can hold instructions that make a model publish secrets it has read. The rule depends on what the caller has
read rather than on the text written, because secrets can be encoded.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from github_mcp.models.changes import PublicWritePreview
from github_mcp.models.identifiers import RepositoryName
from github_mcp.ports import PrivateReadings, Repositories
from servicekit.registry import Preview

_SHOWN: Final = 2000
"""Characters of each text shown to the person who confirms."""
_LISTED: Final = 20
_NAMED: Final = 5

Method = Callable[..., Awaitable[Any]]


class Disclosure:
    """Makes the preview of a write that needs confirmation."""

    def __init__(self, repositories: Repositories, readings: PrivateReadings) -> None:
        self._repositories = repositories
        self._readings = readings

    def before(self, method: Method) -> Callable[..., Awaitable[Preview | None]]:
        """The `confirm` method of a writing tool; it takes the tool's arguments."""

        @wraps(method)
        async def preview(**arguments: Any) -> Preview | None:
            repository = RepositoryName(arguments["owner"], arguments["repo"])
            sources = await self.sources(repository)
            if not sources:
                return None
            effect = f"{warning(sources, repository)} It would {_describe(method.__name__, arguments)}."
            return PublicWritePreview(
                effect=effect, version=1, repository=repository.full, private_sources=sources[:_NAMED]
            )

        return preview

    async def sources(self, repository: RepositoryName) -> list[str]:
        """Private repositories that the caller has read, if `repository` is public; otherwise none."""
        facts = await self._repositories.facts(repository)
        return [] if facts.private else await self._readings.of_caller()


def warning(sources: list[str], repository: RepositoryName) -> str:
    names = ", ".join(sources[:_NAMED]) + (f" and {len(sources) - _NAMED} more" if len(sources) > _NAMED else "")
    return f"This client has read private repositories ({names}), and {repository.full} is public."


def _describe(tool: str, arguments: dict[str, Any]) -> str:
    """What the tool would do, including all texts it would write."""
    given = {name: value for name, value in arguments.items() if name not in ("owner", "repo") and value is not None}
    parts = [f"{name} = {_shown(value)}" for name, value in given.items()]
    return f"{tool.replace('_', ' ')} with {'; '.join(parts)}" if parts else tool.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        left = f" and {len(value) - _LISTED} more that are not shown" if len(value) > _LISTED else ""
        return ", ".join(_shown(item) for item in value[:_LISTED]) + left
    if hasattr(value, "model_dump"):
        return " ".join(_shown(item) for item in value.model_dump(exclude_defaults=True).values())
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters in all)"

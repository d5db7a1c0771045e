"""From private to public: whoever has read something private needs a person's consent to write where all can read.

Text in a private repository may hold instructions as well as secrets, and a model that read both could be talked into
publishing them. The rule looks at where the caller has read, not at what is written: words can be disguised.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from github_mcp.models.changes import PublicWritePreview
from github_mcp.models.identifiers import RepositoryName
from github_mcp.ports import PrivateReadings, Repositories
from servicekit.registry import Preview

_SHOWN: Final = 2000
"""Characters of each text that are shown to the person who is asked."""
_LISTED: Final = 20
_NAMED: Final = 5

Method = Callable[..., Awaitable[Any]]


class Disclosure:
    """Makes the preview of a write, where it needs one."""

    def __init__(self, repositories: Repositories, readings: PrivateReadings) -> None:
        self._repositories = repositories
        self._readings = readings

    def before(self, method: Method) -> Callable[..., Awaitable[Preview | None]]:
        """The `confirm` of a tool that writes: takes what the tool takes."""

        @wraps(method)
        async def preview(**arguments: Any) -> Preview | None:
            repository = RepositoryName(arguments["owner"], arguments["repo"])
            sources = await self.sources(repository)
            if not sources:
                return None
            effect = f"{warning(sources, repository)} It would {_deed(method.__name__, arguments)}."
            return PublicWritePreview(
                effect=effect, version=1, repository=repository.full, private_sources=sources[:_NAMED]
            )

        return preview

    async def sources(self, repository: RepositoryName) -> list[str]:
        """The private repositories that the caller has read, where `repository` is one that everybody can read."""
        facts = await self._repositories.facts(repository)
        return [] if facts.private else await self._readings.of_caller()


def warning(sources: list[str], repository: RepositoryName) -> str:
    """What a person has to know first."""
    names = ", ".join(sources[:_NAMED]) + (f" and {len(sources) - _NAMED} more" if len(sources) > _NAMED else "")
    return f"This client has read private repositories ({names}), and {repository.full} is public: all can read it."


def _deed(tool: str, arguments: dict[str, Any]) -> str:
    """What the tool would do, with every text in it."""
    told = {name: value for name, value in arguments.items() if name not in ("owner", "repo") and value is not None}
    parts = [f"{name} = {_shown(value)}" for name, value in told.items()]
    return f"{tool.replace('_', ' ')} with {'; '.join(parts)}" if parts else tool.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        left = f" and {len(value) - _LISTED} more, which are not shown here" if len(value) > _LISTED else ""
        return ", ".join(_shown(item) for item in value[:_LISTED]) + left
    if hasattr(value, "model_dump"):
        return " ".join(_shown(item) for item in value.model_dump(exclude_defaults=True).values())
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters in all)"

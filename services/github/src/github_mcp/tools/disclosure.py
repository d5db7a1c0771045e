"""Guards against leaks from private to public repositories.

A caller who has read a private repository, or may have, needs a person's confirmation before each write to a public
one. Text in a repository can hold instructions that make a model publish secrets it has read. The rule depends on what
the caller has read rather than on the text written, because secrets can be encoded.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Final

from github_mcp.models.changes import FileChange, PublicWritePreview
from github_mcp.models.files.file_bytes import decoded
from github_mcp.models.identifiers import RepositoryName
from github_mcp.ports.repositories import PrivateReadings, Readings, Repositories
from servicekit.registry import Preview

_NAMED: Final = 5

Method = Callable[..., Awaitable[Any]]
Also = Callable[[Mapping[str, Any]], Sequence[RepositoryName]]


class Disclosure:
    """Makes the preview of a write that needs confirmation."""

    def __init__(self, repositories: Repositories, readings: PrivateReadings) -> None:
        self._repositories = repositories
        self._readings = readings

    def before(self, method: Method, also: Also | None = None) -> Callable[..., Awaitable[Preview | None]]:
        """The `confirm` method of a writing tool; it takes the tool's arguments.

        Args:
            also: names further repositories that a call changes.
        """

        @wraps(method)
        async def preview(**arguments: Any) -> Preview | None:
            named = RepositoryName(arguments["owner"], arguments["repo"])
            for repository in (named, *(also(arguments) if also is not None else ())):
                readings = await self.readings(repository)
                if words := warning(readings, repository):
                    return _preview(method, repository, readings, words, _decoded(arguments.get("files") or ()))
            return None

        return preview

    def before_creation(self, method: Method) -> Callable[..., Awaitable[Preview | None]]:
        """The same for a tool that creates a repository, which is public with ``private=False``."""

        @wraps(method)
        async def preview(**arguments: Any) -> Preview | None:
            if arguments.get("private", True):
                return None
            repository = RepositoryName(arguments["owner"], arguments["repo"])
            readings = await self._readings.of_caller()
            words = warning(readings, repository, "would be public")
            return _preview(method, repository, readings, words, {}) if words else None

        return preview

    async def readings(self, repository: RepositoryName) -> Readings:
        """What the caller has read, if `repository` is public; otherwise nothing."""
        facts = await self._repositories.facts(repository)
        return Readings([]) if facts.private else await self._readings.of_caller()


def _preview(
    method: Method, repository: RepositoryName, readings: Readings, words: str, shown: dict[str, str]
) -> Preview:
    return PublicWritePreview(
        effect=f"{words} Agreeing runs {method.__name__} with what is shown here.",
        version=1,
        shown=shown,
        repository=repository.full,
        private_sources=readings.private[:_NAMED],
    )


def warning(readings: Readings, repository: RepositoryName, state: str = "is public") -> str:
    """Why a write to a public repository needs confirmation; empty where it does not."""
    names = readings.private
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        listed = f"{', '.join(names[:_NAMED])}{more}"
        return f"This client has read private repositories ({listed}), and {repository.full} {state}."
    if readings.lost_at is not None:
        return (
            f"What this client read before {readings.lost_at:%Y-%m-%dT%H:%MZ} is unknown, since this server's store "
            f"lost its records then. It may have read private repositories, and {repository.full} {state}."
        )
    return ""


def _decoded(files: Sequence[FileChange]) -> dict[str, str]:
    """The texts that are sent as base64, as a person can read them."""
    shown: dict[str, str] = {}
    for number, file in enumerate(files):
        if file.base64 and file.content is not None:
            with suppress(ValueError):  # not text; then its base64 is shown
                shown[f"files[{number}].content"] = decoded(file.content).decode()
    return shown

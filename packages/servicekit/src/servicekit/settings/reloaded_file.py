"""A file that operators edit while the server runs: read again when it changes, the last good content kept."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Content = TypeVar("Content")
Model = TypeVar("Model", bound=BaseModel)

_SHOWN_PROBLEMS: Final = 10
INTERVAL: Final = 1.0
"""Seconds between looks at the file: the bound within which an edit takes effect."""

_logger = logging.getLogger(__name__)


class InvalidContent(ValueError):
    """The file's content cannot be used; the text says why, and quotes no secret."""


class _StrictLoader(yaml.SafeLoader):
    """Plain data only, and no key twice: the second would silently replace what an operator wrote above."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys differ."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, "a key is there twice", key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def parse_yaml(text: str, model: type[Model], name: str) -> Model:
    """The content that `text` writes down. An empty text is an empty file.

    Args:
        name: the word for the file in messages.

    Raises:
        BadContent: not YAML, or not this schema. Problems are named by their place, and nothing of the text is quoted.
    """
    try:
        content = yaml.load(text, _StrictLoader)  # noqa: S506  # a SafeLoader, and stricter
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: the 31st of February, say
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else ""
        raise InvalidContent(f"The {name} file is not YAML{where}.") from None
    try:
        return model.model_validate(content or {})
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)[:_SHOWN_PROBLEMS]
        lines = [f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in problems]
        raise InvalidContent(f"The {name} file breaks its schema. " + "; ".join(lines)) from None


class ReloadedFile(Generic[Content]):
    """The content of one file, kept up to date.

    Args:
        name: the word for it in logs and on the health page.
        path: the file; mounted configuration that is swapped by symbolic link is followed.
        parse: makes the content of the text, or raises `InvalidContent`.

    Raises:
        BadContent: the file cannot be used at start-up, when there is no last good content to keep.
    """

    essential = False

    def __init__(self, name: str, path: Path, parse: Callable[[str], Content]) -> None:
        self.name = name
        self._path = path
        self._parse = parse
        self._observers: list[Callable[[], None]] = []
        self._seen = self._stamp()
        self._problem: str | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.content: Content = self._read()

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call `observer` after each edit that is in use."""
        self._observers.append(observer)

    async def start(self) -> None:
        """Begin to watch."""
        self._watcher = asyncio.create_task(self._watch(), name=f"watch-{self.name}")

    async def stop(self) -> None:
        """Stop watching."""
        if self._watcher is not None:
            self._watcher.cancel()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watched, inside the block."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def check(self) -> None:
        """Answer when the content in use is the file's.

        Raises:
            BadContent: the last edit was not usable, and the one before it is in use.
        """
        if self._problem is not None:
            raise InvalidContent(self._problem)

    def look(self) -> None:
        """Read the file again if it changed since the last look."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self.content = self._read()
        except InvalidContent as problem:
            self._problem = str(problem)
            _logger.warning("edit refused, the last good one stays", extra={"file": self.name, "reason": self._problem})
        else:
            self._problem = None
            _logger.info("edit in use", extra={"file": self.name})
            for observer in self._observers:
                observer()

    def _read(self) -> Content:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidContent(f"The {self.name} file cannot be read: {reason}.") from None
        return self._parse(text)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            self.look()

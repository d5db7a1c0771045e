"""A configuration file reloaded when it changes; after an invalid edit the previous content stays in use."""

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
POLL_INTERVAL: Final = 1.0
"""Seconds between checks of the file, and so the longest time before an edit takes effect."""

_logger = logging.getLogger(__name__)


class InvalidContent(ValueError):
    """The content of a file is invalid. The text gives the reason and quotes no value, which may be secret."""


class _StrictLoader(yaml.SafeLoader):
    """Loads plain data, and rejects duplicate keys, of which YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, "duplicate key", key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def parse_yaml(text: str, model: type[Model], name: str) -> Model:
    """Parse YAML into a model. Empty text is an empty mapping.

    Args:
        name: the name of the file in messages.

    Raises:
        InvalidContent: not YAML, or not this schema. The message gives the position of each problem, without quotes.
    """
    try:
        content = yaml.load(text, _StrictLoader)  # noqa: S506  # a stricter SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-02-31
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else ""
        raise InvalidContent(f"The {name} file is not valid YAML{where}.") from None
    try:
        return model.model_validate(content or {})
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)[:_SHOWN_PROBLEMS]
        lines = [f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in problems]
        raise InvalidContent(f"The {name} file breaks its schema. " + "; ".join(lines)) from None


class ReloadedFile(Generic[Content]):
    """The parsed content of a file, reloaded after each edit.

    Args:
        name: the name of the file in logs and on the health page.
        path: the file, or a symbolic link, as Kubernetes mounts configuration.
        parse: parses the text, or raises `InvalidContent`.

    Raises:
        InvalidContent: the file is invalid at start-up.
    """

    essential = False

    def __init__(self, name: str, path: Path, parse: Callable[[str], Content]) -> None:
        self.name = name
        self._path = path
        self._parse = parse
        self._observers: list[Callable[[], None]] = []
        self._last_stamp = self._stamp()
        self._problem: str | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.content: Content = self._read()

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call `observer` after each reload."""
        self._observers.append(observer)

    async def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch(), name=f"watch-{self.name}")

    async def stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch the file inside the block."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def check(self) -> None:
        """Check that the content in use is the file's.

        Raises:
            InvalidContent: the last edit is invalid, so the previous content is in use.
        """
        if self._problem is not None:
            raise InvalidContent(self._problem)

    def reload_if_changed(self) -> None:
        stamp = self._stamp()
        if stamp == self._last_stamp:
            return
        self._last_stamp = stamp
        try:
            self.content = self._read()
        except InvalidContent as problem:
            self._problem = str(problem)
            _logger.warning("invalid edit, previous content kept", extra={"file": self.name, "reason": self._problem})
        else:
            self._problem = None
            _logger.info("file reloaded", extra={"file": self.name})
            for observer in self._observers:
                observer()

    def _read(self) -> Content:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
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
            await asyncio.sleep(POLL_INTERVAL)
            self.reload_if_changed()

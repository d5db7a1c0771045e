"""A configuration file, or several, reloaded after an edit; after an invalid edit the previous content stays in use.

The files are read, parsed and validated in a thread, once they have not changed from one look to the next: an editor
may write in steps.
"""

import asyncio
import gc
import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeVar

from servicekit.settings.bounded_yaml import Pace
from servicekit.settings.configuration_files import Source, read_files, stamp_of
from servicekit.settings.errors import InvalidContent
from servicekit.telemetry.instruments import configuration_fingerprint, configuration_loaded, configuration_reloads

Content = TypeVar("Content")
Parse = Callable[[Sequence[Source], Pace | None], Content]
"""Parses the texts of the files, at a pace in a thread; raises `InvalidContent`."""

POLL_INTERVAL: Final = 0.5
"""Seconds between looks at the files. An edit takes effect at the second look."""

_logger = logging.getLogger(__name__)
# A thread of its own: the loop's default ones look up host names.
_reader: Final = ThreadPoolExecutor(1, thread_name_prefix="configuration")


class ReloadedFile(Generic[Content]):
    """The parsed content of one or more files, reloaded after each edit.

    Args:
        name: the name of the file in messages, logs and on the health page.
        places: files, folders of YAML files, or patterns such as ``/etc/policy/*.yaml``.
        parse: parses the texts.

    Raises:
        InvalidContent: a file is invalid at start-up.
    """

    needed_for = ()

    def __init__(self, name: str, places: Sequence[str], parse: Parse[Content]) -> None:
        self.name = name
        self._places = places
        self._parse = parse
        self._observers: list[Callable[[], None]] = []
        self._last_look = self._taken = stamp_of(places)
        self._problem: str | None = None
        self._watcher: asyncio.Task[None] | None = None
        sources = read_files(name, places)
        self.content: Content = parse(sources, None)
        self._measure(sources)

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
        """Watch the files inside the block."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def check(self) -> None:
        """Check that the content in use is the files'.

        Raises:
            InvalidContent: the last edit is invalid, so the previous content is in use.
        """
        if self._problem is not None:
            raise InvalidContent(self._problem)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            try:
                look = await loop.run_in_executor(_reader, stamp_of, self._places)
                if look != self._taken and look == self._last_look:
                    self._taken = look
                    content, sources = await loop.run_in_executor(_reader, self._load)
                    self._use(content)
                    self._measure(sources)
                self._last_look = look
            except InvalidContent as problem:
                self._refuse(str(problem))
            except Exception:  # the watch continues
                _logger.exception("reload failed", extra={"file": self.name})
                self._refuse(f"The {self.name} file cannot be read.")

    def _load(self) -> tuple[Content, list[Source]]:
        """In the thread. Without garbage collections, which would go through all that was parsed, while calls wait."""
        collects = gc.isenabled()
        gc.disable()
        try:
            sources = read_files(self.name, self._places)
            return self._parse(sources, Pace()), sources
        finally:
            if collects:
                gc.enable()

    def _use(self, content: Content) -> None:
        self.content = content
        self._problem = None
        configuration_reloads.add(1, {"file": self.name, "result": "ok"})
        _logger.info("file reloaded", extra={"file": self.name})
        for observer in self._observers:
            observer()

    def _measure(self, sources: Sequence[Source]) -> None:
        """Note when content was taken, and a number that tells it from other content: replicas can be compared."""
        configuration_loaded.set(time.time(), self.name)
        configuration_fingerprint.set(zlib.crc32("\0".join(source.text for source in sources).encode()), self.name)

    def _refuse(self, problem: str) -> None:
        self._problem = problem
        configuration_reloads.add(1, {"file": self.name, "result": "invalid"})
        _logger.warning("invalid edit, previous content kept", extra={"file": self.name, "reason": problem})

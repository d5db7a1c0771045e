"""Changes of several files that are kept all together, or taken back all together."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

_STOPPING: Final = (signal.SIGTERM, signal.SIGHUP)
"""Signals that would end the process without taking anything back. Ctrl-C raises `KeyboardInterrupt` already."""


class Stopped(BaseException):
    """A signal ended the work."""


class Transaction:
    """Remembers each file before it is changed. When its block ends with an error, or with Ctrl-C, every file is as it
    was, byte for byte, and folders that were made are gone::

        with Transaction(workspace) as change:
            change.write(workspace / "services" / "billing" / "README.md", "...")
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._before: dict[Path, tuple[bytes, int] | None] = {}
        self._folders: list[Path] = []
        self._handlers: dict[signal.Signals, object] = {}

    def write(self, path: Path, content: str | bytes) -> None:
        """Write a file and the folders above it."""
        self.remember(path)
        missing = [folder for folder in path.parents if not folder.exists()]
        self._folders += reversed(missing)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def remove(self, path: Path) -> None:
        """Remove a file, and the folders above it that are empty then."""
        self.remember(path)
        path.unlink()
        for folder in path.parents:
            if folder == self._workspace or any(folder.iterdir()):
                return
            folder.rmdir()

    def remember(self, path: Path) -> None:
        """Keep the content and mode of a file that a program is about to change. Nothing for a later call."""
        if path not in self._before:
            self._before[path] = (path.read_bytes(), path.stat().st_mode) if path.exists() else None

    def before(self, path: Path) -> bytes:
        """The content that a remembered file had; empty if it did not exist."""
        kept = self._before[path]
        return b"" if kept is None else kept[0]

    @property
    def changed(self) -> list[Path]:
        """The files that were written or removed, sorted."""
        return sorted(self._before)

    def undo(self) -> None:
        """Make every file what it was. Signals that would interrupt this are ignored."""
        with _uninterrupted():
            for folder in reversed(self._folders):
                shutil.rmtree(folder, ignore_errors=True)
            for path, before in self._before.items():
                if before is None:
                    path.unlink(missing_ok=True)
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(before[0])
                    path.chmod(before[1])

    def __enter__(self) -> Self:
        for name in _STOPPING:
            self._handlers[name] = signal.signal(name, _stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.undo()
        for name, handler in self._handlers.items():
            signal.signal(name, handler)  # type: ignore[arg-type]


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(signal.Signals(number).name)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    before = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, *_STOPPING)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)

"""The supervisor's side of the guardian: start it, tell it of children, say goodbye."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devkit.supervisor import watchdog


class Guard:
    """A guardian that watches over the stack of one state directory."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process = process
        self.mark = {watchdog.MARK: mark}
        """To be in the environment of every process of the stack."""

    def tell(self, process_id: int) -> None:
        """Name a child; it leads a session of its own."""
        self._write(f"{process_id}\n".encode())

    def _write(self, line: bytes) -> None:
        # A guardian that was killed costs the stack nothing but its care.
        with suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def dismiss(self) -> None:
        """End the guardian: everything was stopped in good order."""
        self._write(watchdog.GOODBYE)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()


@contextmanager
def guarded(state_directory: Path, lock: int) -> Iterator[Guard]:
    """Clear what an earlier stack of this state directory left, then guard the one of this block.

    `lock` is the descriptor of the stack's lock, which the guardian holds as long as it lives.
    """
    mark = str(state_directory)
    watchdog.clear(mark, set())
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(watchdog.__file__)), mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[lock],
        start_new_session=True,
    )
    guard = Guard(process, mark)
    try:
        yield guard
    finally:
        guard.dismiss()

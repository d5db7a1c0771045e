"""One stack at a time: a lock on a file of the state directory, held until the last process of the stack is gone."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devkit.errors import DevkitError
from devkit.supervisor.process_table import process_is_alive

CLEANUP_TIMEOUT = 20.0
"""Seconds a killed stack's watchdog may take to clear up."""
POLL = 0.05


@contextmanager
def stack_lock(path: Path) -> Iterator[int]:
    """Hold the lock for the length of the block; yields its file descriptor, which the watchdog inherits.

    Raises `DevkitError`, naming the process, when a stack is running.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def running_stack(path: Path) -> int | None:
    """The process id of the supervisor that holds the lock, or None when no stack runs."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if _try(descriptor) else _holder(path)
    finally:
        os.close(descriptor)


def stop_running_stack(path: Path) -> int | None:
    """Ask the running stack to stop, wait until all of it is gone, and return its process id (None: there was none).

    A supervisor that does not obey is killed; its watchdog then clears up. Raises `DevkitError` when even that fails.
    """
    process_id = running_stack(path)
    if process_id is None:
        return None
    for stop in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            try:
                os.kill(process_id, stop)
            except PermissionError:
                raise DevkitError(
                    f"The stack (process {process_id}) belongs to another user. Stop it as that user."
                ) from None
        if _wait_until_gone(path):
            return process_id
    raise DevkitError(f"The stack (process {process_id}) does not stop. Look at its processes with `ps`.")


def _acquire(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + CLEANUP_TIMEOUT
    while not _try(descriptor):
        holder = _holder(path)
        if holder is not None and process_is_alive(holder):
            raise DevkitError(
                f"A stack is already running (process {holder}). Use it, or stop it with `make down` "
                "(or Ctrl-C in its terminal)."
            )
        if time.monotonic() > deadline:
            raise DevkitError(
                f"The previous stack was killed and its processes are still there after {CLEANUP_TIMEOUT:.0f} s. "
                "Look for them with `ps`, stop them, and try again."
            )
        time.sleep(POLL)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _wait_until_gone(path: Path) -> bool:
    deadline = time.monotonic() + CLEANUP_TIMEOUT
    while time.monotonic() < deadline:
        if running_stack(path) is None:
            return True
        time.sleep(POLL)
    return False

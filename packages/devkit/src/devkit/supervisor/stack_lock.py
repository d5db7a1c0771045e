"""Allows one stack per state directory, by a file lock held until the last process of the stack has ended."""

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
"""Seconds that the watchdog of a killed stack may take to clean up."""
POLL = 0.05


@contextmanager
def stack_lock(path: Path) -> Iterator[int]:
    """Hold the lock for the length of the block; yields its file descriptor, which the watchdog inherits.

    Raises `DevkitError` that names the process when a stack is running.
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
    """Process id of the supervisor that holds the lock; None when no stack runs."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if _try(descriptor) else _holder(path)
    finally:
        os.close(descriptor)


def stop_running_stack(path: Path) -> int | None:
    """Stop the running stack, wait for its last process, and return the supervisor's process id (None without a stack).

    A supervisor that ignores SIGTERM is killed; its watchdog then cleans up. Raises `DevkitError` when that fails.
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
    raise DevkitError(f"The stack (process {process_id}) does not stop. Find its processes with `ps`.")


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
                f"The previous stack was killed and its processes still run after {CLEANUP_TIMEOUT:.0f} s. "
                "Find them with `ps`, stop them, and try again."
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

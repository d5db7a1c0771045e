"""Runs one store for the length of a `with` block, for tests and one-off commands."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from devkit.errors import DevkitError
from devkit.supervisor.command import Command

START_TIMEOUT = 60.0
"""Seconds until a store must answer; a new cluster on a slow disk takes about five."""
STOP_TIMEOUT = 15.0


class Store(Protocol):
    """Postgres or Valkey."""

    @property
    def directory(self) -> Path: ...
    def prepare(self) -> None: ...
    def command(self) -> Command: ...
    def is_ready(self) -> bool: ...


@contextmanager
def running(store: Store) -> Iterator[int]:
    """Start `store`, yield its process id when it is ready, stop it at the end.

    The store also stops when this process or the thread that entered the block ends.
    Raises `DevkitError` with the end of its log when it exits or is not ready in time.
    """
    store.prepare()
    command = store.command()
    log = store.directory / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command.launch_argv(),
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(store, process, log)
        yield process.pid
    finally:
        process.send_signal(command.stop_signal)
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(store: Store, process: subprocess.Popen[bytes], log: Path) -> None:
    name = type(store).__name__
    deadline = time.monotonic() + START_TIMEOUT
    while not store.is_ready():
        if process.poll() is not None:
            raise DevkitError(f"{name} ended at once with exit code {process.returncode}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise DevkitError(f"{name} did not answer within {START_TIMEOUT:.0f} s:\n{_tail(log)}")
        time.sleep(0.02)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:].strip()

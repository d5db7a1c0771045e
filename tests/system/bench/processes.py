"""The processes of a run: started with their options on standard input, pinned to cores, and their processor time."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START: Final = 30.0  # seconds
CORES: Final = sorted(os.sched_getaffinity(0))
PINNED: Final = len(CORES) > 1
"""Whether the server under measurement has a core for itself."""


class DidNotStart(Exception):
    """A process ended or did not accept connections in time; the text names it."""


def pin_this_process() -> None:
    """Keep the client, the stores and the simulators, all children of this process, off the core of the server."""
    if PINNED:
        os.sched_setaffinity(0, CORES[1:])


@contextmanager
def on_every_core() -> Iterator[None]:
    """Let this process, and those that it starts, use every core inside the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    options: dict[str, Any] | None = None,
    *,
    env: dict[str, str] | None = None,
    server: bool = True,
) -> Iterator[int]:
    """Run a command until the end of the block; gives its process id once the port accepts connections.

    Args:
        options: written to its standard input as one line of JSON.
        env: added to the environment.
        server: it is under measurement, and runs on the first core; other processes stay with the client.

    Raises:
        DidNotStart: it ended, or the port stayed closed.
    """
    errors = None if os.environ.get("BENCH_DEBUG") else subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, **(env or {})}
    )
    if server and PINNED:
        os.sched_setaffinity(process.pid, CORES[:1])
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(options or {}).encode() + b"\n")
        process.stdin.flush()
        _wait(process, port, " ".join(command[-2:]))
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of the bench."""
    return [sys.executable, "-m", f"tests.system.bench.{name}", *arguments]


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise DidNotStart(f"{name} did not start. With BENCH_DEBUG=1 in the environment, its messages are shown.")


def cpu_seconds(process_id: int) -> float:
    """Processor time, user and system, of a process and its children, all threads included."""
    return sum(_times(one) for one in _tree(process_id))


def _times(process_id: int) -> float:
    fields = _stat(process_id)
    return sum(map(int, fields[11:15])) / _TICKS  # utime, stime, and those of children that have ended


def resident_bytes(process_id: int) -> int:
    """Memory that a process and its children occupy."""
    pages = (int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _tree(process_id))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _tree(process_id: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
            except OSError:
                continue  # it ended meanwhile
    found = [process_id]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _stat(process_id: int) -> list[str]:
    """The fields of /proc/<id>/stat after the name, which may contain spaces: state, parent, ..."""
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()

"""A killed supervisor leaves no processes, and one stack runs at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from devkit.loopback.ports import is_listening
from devkit.supervisor.process_table import process_is_alive
from devkit.supervisor.stack_lock import running_stack
from devkit.supervisor.watchdog import MARK, members

from .running_stack import STACK, Start


def test_watchdog_cleans_up_after_a_killed_supervisor(start: Start) -> None:
    stack = start(server=["detached"])
    detached = int(stack.wait_for(r"left (\d+)")[0])
    stack.wait_for("READY")
    stack.stop(signal.SIGKILL)
    # Starts at once: the lock is held until the killed stack is cleaned up.
    again = start()
    again.wait_for("READY")
    assert not process_is_alive(detached)
    assert not any(is_listening(port) for port in stack.ports.values())
    assert again.stop(signal.SIGINT) < 5


def test_next_start_cleans_up_after_a_killed_watchdog(start: Start) -> None:
    stack = start(server=["detached"])
    detached = int(stack.wait_for(r"left (\d+)")[0])
    stack.wait_for("READY")
    watchdogs = [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if entry.name != "self" and f"watchdog.py\0{stack.folder}\0".encode() in read(entry / "cmdline")
    ]
    assert len(watchdogs) == 1
    stack.process.kill()
    os.kill(watchdogs[0], signal.SIGKILL)
    stack.process.wait()
    assert process_is_alive(detached)
    again = start()
    again.wait_for("READY")
    assert not process_is_alive(detached)


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_second_stack_is_refused(start: Start) -> None:
    first = start()
    first.wait_for("READY")
    assert running_stack(first.folder / "lock") == first.process.pid
    done = subprocess.run(
        [sys.executable, "-c", STACK, str(first.folder), '{"ports": {}}'], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert f"already running (process {first.process.pid})" in done.stderr
    assert "make down" in done.stderr


def test_mark_finds_other_processes() -> None:
    mark = f"test-{os.getpid()}"
    code = "import time; print(1, flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], env={MARK: mark}, start_new_session=True, stdout=subprocess.PIPE
    ) as child:
        output: IO[bytes] | None = child.stdout
        assert output is not None
        output.readline()
        assert members(mark) == {child.pid}
        child.kill()

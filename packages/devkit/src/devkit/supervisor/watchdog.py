"""Clears up after a supervisor that was killed. Runs alone, as `python -I -S watchdog.py MARK`, beside the stack.

The kernel's parent-death signal reaches the supervisor's children only, and a program may set its own children free
(`setsid`, double fork). Every process of a stack carries the mark in its environment, so the watchdog finds them all:
when its standard input ends without a goodbye, whatever still carries the mark, or is in the session of one that does,
is asked to stop and then killed. It inherits the stack's lock, so that a new stack waits until it is done. Only the
standard library is importable here.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "DEVKIT_STACK"
"""Environment variable that every process of a stack carries; its value is the state directory."""
GOODBYE = b"goodbye\n"
POLITE = 1.0
"""Seconds that processes have to end by the parent-death signal alone (Postgres writes a checkpoint)."""
PATIENT = 4.0
"""Seconds until they are killed."""


def members(mark: str) -> set[int]:
    """The processes of the stack: those that carry the mark, and everyone in their sessions. Empty without /proc."""
    needle = f"{MARK}={mark}".encode()
    marked, sessions = set(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        process_id = int(entry.name)
        with suppress(OSError, ValueError, IndexError):
            # proc_pid_stat(5), after the name: state, parent, group, session.
            state, _parent, _group, session = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:4]
            if state == "Z":
                continue
            sessions[process_id] = int(session)
            if needle in (entry / "environ").read_bytes().split(b"\0"):
                marked.add(process_id)
    theirs = {sessions[process_id] for process_id in marked if sessions[process_id] == process_id}
    found = marked | {process_id for process_id, session in sessions.items() if session in theirs}
    return found - {os.getpid()}


def clear(mark: str, leaders: set[int]) -> None:
    """End every process of the stack. `leaders` are the session leaders, for systems without /proc."""
    started = time.monotonic()
    asked = False
    while remaining := (members(mark) or _alive_groups(leaders)):
        waited = time.monotonic() - started
        if waited > PATIENT:
            _signal_all(remaining, leaders, signal.SIGKILL)
        elif waited > POLITE and not asked:
            asked = True
            _signal_all(remaining, leaders, signal.SIGTERM)
        if waited > 2 * PATIENT:
            return
        time.sleep(0.05)


def _alive_groups(leaders: set[int]) -> set[int]:
    if Path("/proc/self").exists():
        return set()
    alive = set()
    for leader in leaders:
        with suppress(OSError):
            os.killpg(leader, 0)
            alive.add(leader)
    return alive


def _signal_all(processes: set[int], leaders: set[int], number: signal.Signals) -> None:
    for process_id in processes:
        with suppress(OSError):
            if process_id in leaders and not Path("/proc/self").exists():
                os.killpg(process_id, number)
            else:
                os.kill(process_id, number)


class Watchdog:
    """A watchdog that watches over the stack of one state directory."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process = process
        self.mark = {MARK: mark}
        """To be in the environment of every process of the stack."""

    def add_process(self, process_id: int) -> None:
        """Name a child; it leads a session of its own."""
        self._write(f"{process_id}\n".encode())

    def _write(self, line: bytes) -> None:
        # A watchdog that was killed costs the stack nothing but its care.
        with suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def dismiss(self) -> None:
        """End the watchdog: everything was stopped in good order."""
        self._write(GOODBYE)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()


@contextmanager
def running_watchdog(state_directory: Path, lock: int) -> Iterator[Watchdog]:
    """Clear what an earlier stack of this state directory left, then watchdog the one of this block.

    `lock` is the descriptor of the stack's lock, which the watchdog holds as long as it lives.
    """
    mark = str(state_directory)
    clear(mark, set())
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[lock],
        start_new_session=True,
    )
    watchdog = Watchdog(process, mark)
    try:
        yield watchdog
    finally:
        watchdog.dismiss()


def main() -> None:
    # A Ctrl-C or a closed terminal is for the supervisor to handle.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    leaders = set()
    for line in sys.stdin.buffer:
        if line == GOODBYE:
            return
        leaders.add(int(line))
    clear(sys.argv[1], leaders)


if __name__ == "__main__":
    main()

"""Ends the processes of a stack whose supervisor was killed. Runs alone: `python -I -S watchdog.py MARK`.

The kernel's parent-death signal reaches only the supervisor's children; a program may detach its own children
(`setsid`, double fork). Every process of a stack has the mark in its environment. When the standard input of the
watchdog ends without a goodbye, it stops, then kills, every process that has the mark or is in the session of one.
It inherits the stack's lock, so a new stack waits for it. Only the standard library is importable here.
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
"""Environment variable of every process of a stack; its value is the state directory."""
GOODBYE = b"goodbye\n"
TERMINATE_AFTER = 1.0
"""Seconds until SIGTERM, for the parent-death signal to work (Postgres writes a checkpoint)."""
KILL_AFTER = 4.0
"""Seconds until SIGKILL."""


def members(mark: str) -> set[int]:
    """The processes of the stack: those with the mark and those in their sessions. Empty without /proc."""
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
    terminated = False
    while remaining := (members(mark) or _alive_groups(leaders)):
        waited = time.monotonic() - started
        if waited > KILL_AFTER:
            _signal_all(remaining, leaders, signal.SIGKILL)
        elif waited > TERMINATE_AFTER and not terminated:
            terminated = True
            _signal_all(remaining, leaders, signal.SIGTERM)
        if waited > 2 * KILL_AFTER:
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
    """The running watchdog of a stack, as the supervisor uses it."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process = process
        self.mark = {MARK: mark}
        """Environment variable for every process of the stack."""

    def add_process(self, process_id: int) -> None:
        """Report a child process, which leads a session."""
        self._write(f"{process_id}\n".encode())

    def _write(self, line: bytes) -> None:
        # The stack works without its watchdog when that was killed.
        with suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def dismiss(self) -> None:
        """End the watchdog after an orderly stop."""
        self._write(GOODBYE)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()


@contextmanager
def running_watchdog(state_directory: Path, lock: int) -> Iterator[Watchdog]:
    """End the processes that an earlier stack left, then run a watchdog for the length of the block.

    `lock` is the descriptor of the stack's lock, which the watchdog inherits.
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
    # The supervisor handles Ctrl-C and a closed terminal.
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

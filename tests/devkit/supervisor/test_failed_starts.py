"""A stack stops when a part fails to start or crashes."""

import os
import signal

from devkit.supervisor.watchdog import members

from .running_stack import Start


def test_failed_preparation_stops_the_stack(start: Start) -> None:
    stack = start(prepare=["print('about to fail'); raise SystemExit(3)"])
    assert stack.process.wait(30) == 3
    assert "server | about to fail" in stack.text
    assert "failed with exit code 3" in stack.text
    assert "store  | down" in stack.text
    assert "READY" not in stack.text


def test_crash_at_first_start_stops_the_stack(start: Start) -> None:
    stack = start(server=["crash"])
    assert stack.process.wait(30) == 7
    assert "server | a mistake" in stack.text
    assert "server ended with exit code 7" in stack.text
    assert "store  | down" in stack.text
    assert "READY" not in stack.text


def test_killed_process_stops_the_stack(start: Start) -> None:
    stack = start()
    stack.wait_for("READY")
    store = int(stack.wait_for(r"store  \| up (\d+)")[0])
    os.kill(store, signal.SIGKILL)
    assert stack.process.wait(30) == 128 + signal.SIGKILL
    assert "store ended with exit code 137. Stopping the stack." in stack.text


def test_start_timeout_stops_the_stack(start: Start) -> None:
    stack = start(server=["mute"], timeout=2)
    assert stack.process.wait(30) == 1
    assert "server was not ready within 2 s" in stack.text
    assert "DEVKIT_START_TIMEOUT" in stack.text
    assert not members(str(stack.folder))

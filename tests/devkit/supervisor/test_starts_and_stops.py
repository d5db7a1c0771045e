"""The supervisor starts a stack in order, stops it in reverse, and restarts what is saved."""

import re
import signal

import pytest

from devkit.loopback.ports import is_listening
from devkit.supervisor.stack_lock import stop_running_stack
from devkit.supervisor.watchdog import members

from .running_stack import CHILD, Start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_starts_in_order_and_stops_in_reverse(start: Start, number: signal.Signals) -> None:
    stack = start(prepare=["print('prepared')"])
    stack.wait_for("READY")
    assert stack.stop(number) < 5
    assert stack.process.returncode == 0
    expected = [
        r"devkit \| Starting store\.",
        r"store  \| up",
        r"devkit \| store is ready after \d+\.\d s\.",
        r"devkit \| Checking \.\.\.",
        "between",
        r"devkit \| Checking: done after \d+\.\d s\.",
        r"devkit \| Starting server\.",
        r"devkit \| server: loading \.\.\.",
        r"server \| prepared",
        r"devkit \| server: loading: done after \d+\.\d s\.",
        r"server \| up",
        r"devkit \| server is ready after \d+\.\d s\.",
        "READY",
        "Stopping",
        r"server \| down",
        r"store  \| down",
    ]
    positions = [match.start() for pattern in expected if (match := re.search(pattern, stack.text))]
    assert len(positions) == len(expected), stack.text
    assert positions == sorted(positions), stack.text
    assert not members(str(stack.folder))
    assert not any(is_listening(port) for port in stack.ports.values())
    assert "\x1b" not in stack.text


def test_a_stage_need_not_wait_for_every_part(start: Start) -> None:
    stack = start(store=["mute"], holds_next=False, timeout=5)
    stack.wait_for(r"server \| up")
    assert stack.process.wait(30) == 1
    assert "store was not ready within 5 s." in stack.text
    assert "READY" not in stack.text


def test_stubborn_processes_are_killed(start: Start) -> None:
    stack = start(store=["stubborn"], server=["stubborn"])
    stack.wait_for("READY")
    assert stack.stop(signal.SIGINT) < 5.5
    assert stack.process.returncode == 0
    assert not members(str(stack.folder))


def test_second_signal_kills_at_once(start: Start) -> None:
    stack = start(store=["stubborn"], server=["stubborn"])
    stack.wait_for("READY")
    stack.process.send_signal(signal.SIGINT)
    stack.wait_for("Stopping")
    assert stack.stop(signal.SIGINT) < 2.5


def test_down_stops_the_running_stack(start: Start) -> None:
    stack = start()
    stack.wait_for("READY")
    assert stop_running_stack(stack.folder / "lock") == stack.process.pid
    assert not members(str(stack.folder))
    assert stack.process.wait(5) == 0
    assert stop_running_stack(stack.folder / "lock") is None


def test_save_restarts_and_crash_waits_for_next_save(start: Start) -> None:
    stack = start()
    stack.wait_for("READY")
    child = stack.folder / "source" / "child.py"
    (stack.folder / "source" / "notes.txt").write_text("not Python")

    child.write_text(CHILD + "\n# saved\n")
    stack.wait_for(r"child\.py saved: restarting server")
    stack.wait_for("server is ready again")
    assert len(stack.wait_for(r"server \| up", 2)) == 2
    assert len(stack.wait_for(r"store  \| up")) == 1

    child.write_text("raise SystemExit('a mistake')\n")
    stack.wait_for(r"server \| a mistake")
    stack.wait_for("Waiting for the next save")
    assert stack.process.poll() is None

    child.write_text(CHILD)
    stack.wait_for("server is ready again", 2)
    assert stack.stop(signal.SIGINT) < 5
    assert stack.process.returncode == 0

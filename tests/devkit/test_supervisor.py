"""The supervisor with small real processes: order, stop, crashes, reload, cleanup."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from devkit.loopback.ports import free_port, is_listening
from devkit.supervisor.process_table import process_is_alive
from devkit.supervisor.stack_lock import running_stack, stop_running_stack
from devkit.supervisor.watchdog import MARK, members

CHILD = '''
"""A server that returns 200, prints when it starts and stops, and may leave a detached process."""
import http.server, os, signal, subprocess, sys, threading
name, port, *options = sys.argv[1:]
if "crash" in options:
    print("a mistake", flush=True); sys.exit(7)
if "mute" in options:
    signal.pause()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", int(port)), Handler)
def stop(*_):
    print("down", flush=True)
    if "stubborn" not in options:
        os._exit(0)
signal.signal(signal.SIGTERM, stop)
if "detached" in options:
    # In its own session and without SIGTERM: the parent-death signal does not reach it.
    code = "import signal; signal.signal(15, signal.SIG_IGN); print('detached', flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
    process.stdout.readline()
    print("left", process.pid, flush=True)
print("up", os.getpid(), flush=True)
server.serve_forever()
'''

STACK = '''
"""A stage with `store`, a stage with `server`; the options select failures."""
import asyncio, json, os, sys
from pathlib import Path
from devkit.supervisor.command import Command
from devkit.supervisor.watchdog import running_watchdog
from devkit.loopback.health_check import answers_ok
from devkit.supervisor.stack_lock import stack_lock
from devkit.supervisor.output import Output
from devkit.supervisor.supervisor import Part, Preparation, Stage, Supervisor
here, options = Path(sys.argv[1]), json.loads(sys.argv[2])
ports = options["ports"]
def command(mark, *argv):
    return Command(argv=(sys.executable, *argv), environment={**os.environ, **mark})
with stack_lock(here / "lock") as lock, running_watchdog(here, lock) as watchdog:
    def part(name, *more, **fields):
        port = ports[name]
        argv = [str(here / "source" / "child.py"), name, str(port), *more]
        return Part(name, command(watchdog.mark, *argv), lambda: answers_ok(port, "/"), **fields)
    prepare = [Preparation("loading", command(watchdog.mark, "-c", code)) for code in options.get("prepare", [])]
    async def before():
        print("between", flush=True)
    stages = [
        Stage([part("store", *options.get("store", []), holds_next=options.get("holds_next", True))]),
        Stage(
            [part("server", *options.get("server", []), preparation=lambda: prepare, watched=(here / "source",))],
            before=before, doing="Checking",
        ),
    ]
    supervisor = Supervisor(
        stages, Output(["store", "server"]), start_timeout=options.get("timeout", 20),
        on_start=watchdog.add_process, on_ready=lambda seconds: print("READY", flush=True),
    )
    code = asyncio.run(supervisor.run())
sys.exit(code)
'''


class RunningStack:
    """The stack above as a process; `text` is its output."""

    def __init__(self, folder: Path, **options: object) -> None:
        source = folder / "source"
        source.mkdir(parents=True, exist_ok=True)
        (source / "child.py").write_text(CHILD)
        self.folder = folder
        self.ports = {"store": free_port(), "server": free_port()}
        program = [sys.executable, "-c", STACK, str(folder)]
        self._log = (folder / "output").open("w+")
        options = {"ports": self.ports, **options}
        self.process = subprocess.Popen([*program, json.dumps(options)], stdout=self._log, stderr=subprocess.STDOUT)

    @property
    def text(self) -> str:
        return (self.folder / "output").read_text()

    def wait_for(self, pattern: str, count: int = 1) -> list[str]:
        wait_until(lambda: len(re.findall(pattern, self.text)) >= count or self._ended(), f"{pattern} in:", self)
        found = re.findall(pattern, self.text)
        assert len(found) >= count, self.text
        return found

    def stop(self, number: signal.Signals) -> float:
        """Seconds it takes to end after the signal."""
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic() - started

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_until(lambda: not members(str(self.folder)), "processes were left", self)
        self._log.close()

    def _ended(self) -> bool:
        return self.process.poll() is not None


def wait_until(true: Callable[[], bool], what: str, stack: RunningStack | None = None) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, f"{what}\n{stack.text if stack else ''}"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningStack]]:
    stacks: list[RunningStack] = []

    def begin(**options: object) -> RunningStack:
        stacks.append(RunningStack(tmp_path, **options))
        return stacks[-1]

    yield begin
    for stack in stacks:
        stack.process.kill()
    for stack in stacks:
        stack.close()


Start = Callable[..., RunningStack]


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


def test_down_stops_the_running_stack(start: Start) -> None:
    stack = start()
    stack.wait_for("READY")
    assert stop_running_stack(stack.folder / "lock") == stack.process.pid
    assert not members(str(stack.folder))
    assert stack.process.wait(5) == 0
    assert stop_running_stack(stack.folder / "lock") is None


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

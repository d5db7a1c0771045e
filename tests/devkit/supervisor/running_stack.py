"""A stack of two small servers, run as a process of its own."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from devkit.loopback.ports import free_port
from devkit.supervisor.watchdog import members

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


Start = Callable[..., RunningStack]

"""The start of a serving process."""

import subprocess
import sys

PROGRAM = """
import gc, os, signal, threading, time
from devkit.loopback.ports import free_port
from servicekit.server.run import serve_http
from tests.servicekit.apps.general_app import general_app

class Component:
    name, needed_for = "watcher", ()
    async def start(self):
        print("starting", gc.isenabled(), gc.get_freeze_count() > 0, flush=True)
        threading.Thread(target=stop_when_collecting).start()
    async def stop(self): print("stopping", gc.isenabled(), gc.get_freeze_count() > 50_000, flush=True)
    async def check(self): ...

def stop_when_collecting():
    while not gc.isenabled():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

serve_http(general_app(components=(Component(),), port=free_port()))
"""


def test_collections_begin_when_the_server_has_started() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == ["starting False False", "stopping True True"], done.stderr

"""The start of a serving process."""

import asyncio
import socket
import subprocess
import sys

import pytest

from devkit.loopback.ports import free_port
from servicekit.server.run import http_server
from tests.servicekit.apps.general_app import general_app

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


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_two_colons_listen_on_both_families(address: str) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    server = http_server(general_app(host="::", port=port))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        _, writer = await asyncio.open_connection(address, port)
        writer.close()
        await writer.wait_closed()
    finally:
        await server.shutdown()

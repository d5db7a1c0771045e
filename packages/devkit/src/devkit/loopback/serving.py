"""Serves ASGI applications on the loopback address: as a process of its own, or in a thread for tests."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from devkit.errors import DevkitError

START_TIMEOUT = 10.0


def require_loopback(host: str) -> None:
    """Raise `DevkitError` unless `host` is a loopback address: these servers have no access control."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise DevkitError(
            f"Host {host} is not a loopback address. Development servers have no access control and listen on "
            "loopback only. Use 127.0.0.1."
        )


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until a signal. Raises `DevkitError` for a host that is not loopback."""
    require_loopback(host)
    # Open keep-alive connections must not delay the end of the stack.
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


@contextmanager
def serving_in_thread(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve an ASGI application on a bound socket in a thread, for the length of the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="auto", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise DevkitError("The server did not start. The log above has the reason.")
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT)

"""A server in a process of its own that can be killed and started again quickly: forked from one that is warm."""

import contextlib
import multiprocessing
import os
import random
import socket
import time
from collections.abc import Callable
from typing import Any

from devkit.workspace.composition import compose
from servicekit.server.run import serve_http

_PATIENCE = 60.0  # seconds; a busy machine is no defect of the server


def steady_port() -> int:
    """A free port below the range from which the system takes ports for connections, so that it is free again later."""
    for _ in range(100):
        port = random.SystemRandom().randrange(12000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port between 12000 and 30000")


def serve_service(name: str, settings: dict[str, Any]) -> None:
    """One of the fleet's services, from its own composition root."""
    serve_http(compose(name, settings))


class Victim:
    """One server at a time.

    Args:
        serve: runs the server until a signal; called in the process with `arguments`.
        port: where every incarnation of it listens.
    """

    def __init__(self, port: int, serve: Callable[..., None], *arguments: Any) -> None:
        self._port = port
        self._serve = serve
        self._arguments = arguments
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(
            ["orders_mcp.app", "orders_mcp.settings", __name__, "tests.system.load.stateless_app"]
        )
        self._process: Any = None

    @property
    def process_id(self) -> int:
        """Of the present incarnation."""
        return int(self._process.pid)

    def start(self) -> None:
        """Serve, and return when the port answers."""
        self._process = self._context.Process(target=self._serve, args=self._arguments, daemon=True)
        self._process.start()
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            if self._process.exitcode is not None:
                raise RuntimeError("the server ended at its start")
            time.sleep(0.01)
        raise TimeoutError("the server did not come back")

    def signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.process_id, number)

    def gone_within(self, seconds: float) -> bool:
        """Whether it ends by itself in time."""
        self._process.join(seconds)
        return self._process.exitcode is not None

    def kill(self) -> None:
        """kill -9, and return when it is gone."""
        self._process.kill()
        self._process.join(_PATIENCE)

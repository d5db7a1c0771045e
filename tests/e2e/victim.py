"""A server in a process of its own that can be killed and started again quickly: forked from one that is warm."""

import contextlib
import multiprocessing
import random
import socket
import time
from typing import Any

from devkit.composition import compose
from servicekit.serve import serve_http

_PATIENCE = 20.0  # seconds


def steady_port() -> int:
    """A free port below the range from which the system takes ports for connections, so that it is free again later."""
    for _ in range(100):
        port = random.SystemRandom().randrange(12000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port between 12000 and 30000")


def _serve(name: str, settings: dict[str, Any]) -> None:
    serve_http(compose(name, settings))


class Victim:
    """One server at a time.

    Args:
        name: the service.
        settings: its settings, with the port that every incarnation serves on.
    """

    def __init__(self, name: str, settings: dict[str, Any]) -> None:
        self._name = name
        self._settings = settings
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([f"{name}_mcp.app", f"{name}_mcp.settings", "e2e.victim"])
        self._process: Any = None

    def start(self) -> None:
        """Serve, and return when the port answers."""
        self._process = self._context.Process(target=_serve, args=(self._name, self._settings), daemon=True)
        self._process.start()
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._settings["port"])) == 0:
                    return
            time.sleep(0.01)
        raise TimeoutError("the server did not come back")

    def kill(self) -> None:
        """kill -9, and return when it is gone."""
        self._process.kill()
        self._process.join(_PATIENCE)

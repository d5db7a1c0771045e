"""A service with a tool that reports progress and then waits until its client has received that."""

import asyncio
import os
from pathlib import Path
from typing import Any

from servicekit.core import report_progress
from servicekit.core.identity import ServerIdentity
from servicekit.registry.tools import read
from servicekit.server.run import serve_http
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings

READ = "calls:read"


class WaitingTools:
    """One method is one tool.

    Args:
        received: the file that a client makes when progress has arrived.
        replica: which replica it is.
    """

    def __init__(self, received: Path, replica: str) -> None:
        self._received = received
        self._replica = replica

    async def wait_for_client(self) -> str:
        """Report progress, and return when the client has received it."""
        await report_progress(1, 2, "The first half is done.")
        while not self._received.exists():  # noqa: ASYNC110 - the client is in another process
            await asyncio.sleep(0.01)
        return "The client received it."

    async def name_replica(self) -> str:
        """Say which replica answers."""
        return self._replica


def serve_waiting(settings: dict[str, Any], received: Path) -> None:
    """Serve until a signal, with what is written to standard error in a file beside `received`."""
    with received.with_suffix(f".{settings['port']}.log").open("wb") as log:
        os.dup2(log.fileno(), 2)
    tools = WaitingTools(received, str(settings["port"]))
    service = Service(
        settings=ServiceSettings(**{"state_keys": "proxied--" * 4, **settings}),
        identity=ServerIdentity(name="waiting", title="Waiting", version="1.0.0", instructions="Waits."),
        tools=[read(tools.wait_for_client, scope=READ), read(tools.name_replica, scope=READ)],
    )
    serve_http(service)

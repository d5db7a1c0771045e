"""Stores of one test, to be killed and started again where they were."""

import os
import signal
from contextlib import ExitStack, suppress
from pathlib import Path

from devkit.loopback.ports import free_port
from devkit.stores.postgres import Postgres
from devkit.stores.running import Store, running
from devkit.stores.valkey import Valkey


class MortalStore:
    """A store that can die."""

    def __init__(self, server: Store) -> None:
        self._server = server
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process_id = self._running.enter_context(running(self._server))

    def kill(self) -> None:
        """kill -9, and return when it is gone."""
        os.kill(self._process_id, signal.SIGKILL)
        self._running.close()

    def stop(self) -> None:
        """At the end of the test."""
        with suppress(ProcessLookupError):
            self._running.close()


def mortal_postgres(folder: Path) -> tuple[MortalStore, str]:
    """A Postgres server, and the URL of its superuser."""
    server = Postgres(folder, free_port(), "mortal", durable=False)
    return MortalStore(server), server.admin_url


def mortal_valkey(folder: Path) -> tuple[MortalStore, str]:
    """A Valkey server, and its URL."""
    server = Valkey(folder, free_port(), durable=False)
    return MortalStore(server), server.url

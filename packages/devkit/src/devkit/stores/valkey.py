"""Runs Valkey (Redis protocol) from its binary, on the loopback address."""

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import DevkitError
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.stores.binaries import find_valkey
from devkit.supervisor.command import Command


@dataclass(frozen=True)
class Valkey:
    """A server. Call `prepare()` once, then run `command()` and wait until `is_ready()`.

    `durable=False` loses its data at a restart, for tests.
    """

    directory: Path
    port: int
    durable: bool = True
    settings: DevkitSettings = field(default_factory=DevkitSettings)

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Create the folder. Raises `DevkitError` when it belongs to another user."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            (self.directory / "writable").touch()
        except PermissionError as problem:
            raise DevkitError(
                f"{problem.filename} belongs to another user, so Valkey cannot keep its data there. "
                f"Run as that user, or delete {self.directory} (its data is lost)."
            ) from None

    def command(self) -> Command:
        """The command that runs the server."""
        append_only = "yes" if self.durable else "no"
        return Command(
            argv=(
                *(str(find_valkey(self.settings)), "--bind", LOOPBACK, "--port", str(self.port)),
                *("--dir", str(self.directory), "--save", "", "--appendonly", append_only),
                *("--loglevel", "warning"),
            ),
            environment={"PATH": self.settings.path, "LC_ALL": "C", "TZ": "UTC"},
            directory=self.directory,
        )

    def is_ready(self) -> bool:
        """Whether the server answers PING; it refuses while it loads its data."""
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

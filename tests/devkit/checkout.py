"""A checkout with the real orders server, for tests that run its whole stack."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE
from devkit.stack.service_environment import POLICY
from devkit.supervisor.watchdog import members

PORTS = ("DEVKIT_POSTGRES_PORT", "DEVKIT_VALKEY_PORT", "DEVKIT_ISSUER_PORT", "DEVKIT_PORTAL_PORT")


class Checkout:
    """A workspace with the real orders server, separate ports and separate state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ".dev"
        self.port = free_port()
        service = folder / "services" / "orders"
        service.mkdir(parents=True)
        description = (WORKSPACE / "services" / "orders" / "pyproject.toml").read_text()
        (service / "pyproject.toml").write_text(description.replace("8101", str(self.port)))
        # Watched instead of the real source, so that a save restarts only this server, which runs the real code.
        (service / "src").mkdir()
        self.source = service / "src" / "saved.py"
        (folder / POLICY).parent.mkdir()
        (folder / POLICY).write_bytes((WORKSPACE / POLICY).read_bytes())
        (folder / ".venv").symlink_to(sys.prefix)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")},
            **{name: str(free_port()) for name in PORTS},
            "DEVKIT_WORKSPACE": str(folder),
            "DEVKIT_STATE": str(self.state),
        }
        self.ports = [self.port, *(int(self.environment[name]) for name in PORTS)]
        self._ups: list[subprocess.Popen[bytes]] = []

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def up(self) -> subprocess.Popen[bytes]:
        """Start the stack and wait until it is ready."""
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "devkit", "up"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._ups.append(process)
        self.wait_for(lambda: "READY in" in self.log or process.poll() is not None)
        assert "READY in" in self.log, self.log
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "devkit", *arguments]
        return subprocess.run(program, env=self.environment, capture_output=True, text=True, check=False, timeout=120)

    def wait_for(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not true():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def close(self) -> None:
        for process in self._ups:
            process.kill()
            process.wait()
        self.wait_for(lambda: not members(str(self.state)))

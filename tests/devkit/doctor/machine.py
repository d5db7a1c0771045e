"""A checkout in a scratch folder, and a machine around it, for the script behind `make doctor`."""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.settings import WORKSPACE

STACK_PORTS = ("DEVKIT_POSTGRES_PORT", "DEVKIT_VALKEY_PORT", "DEVKIT_ISSUER_PORT", "DEVKIT_PORTAL_PORT")
LISTENER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(flush=True)
sys.stdin.read()
"""


def unused_port() -> int:
    """A port that is free, and whose metrics' port is free.

    Neither is one that the system gives to the programs of other tests, which start while the doctor looks.
    """
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.socket() as serving, socket.socket() as metrics:
            serving.bind(("127.0.0.1", port))
            metrics.bind(("127.0.0.1", port + 1_000))
            return port


def script(path: Path, text: str) -> None:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@dataclass(frozen=True)
class Line:
    """One check of the report."""

    level: str
    check: str
    message: str
    remedy: str | None


class Machine:
    """The checkout has one server, orders, and free ports. Its packages come from `index`, a URL that answers."""

    def __init__(self, folder: Path, index: str) -> None:
        self.root = folder / "checkout"
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        self.state = self.root / ".dev"
        self.orders = unused_port()
        self._copy(index)
        (self.programs / "python3").symlink_to(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        script(self.programs / "uv", "exit 1")  # the one of the test machine, if any, is not part of this
        self.environment = {
            "PATH": f"{self.programs}:/usr/bin:/bin:/usr/sbin:/sbin",
            "PIP_INDEX_URL": f"{index}/simple",
            "HOME": str(folder),
            "DEVKIT_SIMULATOR_PORTS": json.dumps({"github": unused_port(), "weather": unused_port()}),
            **{name: str(unused_port()) for name in STACK_PORTS},
        }

    def _copy(self, index: str) -> None:
        kit = self.root / "packages" / "devkit"
        shutil.copytree(WORKSPACE / "packages" / "devkit" / "shell", kit / "shell")
        shutil.copy(WORKSPACE / "packages" / "devkit" / "pyproject.toml", kit)
        service = self.root / "services" / "orders"
        service.mkdir(parents=True)
        description = (WORKSPACE / "services" / "orders" / "pyproject.toml").read_text(encoding="utf-8")
        (service / "pyproject.toml").write_text(description.replace("8101", str(self.orders)), encoding="utf-8")
        shutil.copy(WORKSPACE / "pyproject.toml", self.root)
        lock = (WORKSPACE / "uv.lock").read_text(encoding="utf-8")
        (self.root / "uv.lock").write_text(lock.replace("https://files.pythonhosted.org", index), encoding="utf-8")

    def only(self, *without: str) -> None:
        """Leave on PATH what the script uses of a system, without some programs."""
        names = "awk basename cat curl cut df dirname env find grep head id ldd ls make ps readlink sed sh sort tail tr"
        for name in [*names.split(), "uname", "wget"]:
            if name not in without and (found := shutil.which(name)) and not (self.programs / name).exists():
                (self.programs / name).symlink_to(found)
        for name in without:
            (self.programs / name).unlink(missing_ok=True)
        self.environment["PATH"] = str(self.programs)

    def install(self) -> None:
        """An environment with a developer kit that finds nothing, and the mark of a finished installation."""
        binaries = self.root / ".venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "python").symlink_to((self.programs / "python3").resolve())
        # As installers write it where the path has spaces.
        script(binaries / "devkit", f"'''exec' '{binaries}/python' \"$0\" \"$@\"\n' '''")
        (self.root / ".venv" / ".up").touch()

    def run(self, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/sh", str(self.root / "packages" / "devkit" / "shell" / "doctor"), *arguments],
            cwd="/",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **options,
        )

    def report(self, **options: Any) -> tuple[int, list[Line]]:
        """Exit status and lines; nothing is on standard error."""
        done = self.run("--json", **options)
        assert done.stderr == "", done.stderr
        document = json.loads(done.stdout)
        assert document["version"] == 1
        lines = [Line(**line) for line in document["checks"]]
        levels = {line.level for line in lines}
        expected = next(level for level in ("problem", "warning", "ok") if level in levels)
        assert document["status"] == expected
        return done.returncode, lines

    def bad(self, **options: Any) -> tuple[int, list[Line]]:
        """Exit status, and the lines that are not ok."""
        status, lines = self.report(**options)
        return status, [line for line in lines if line.level != "ok"]

    @contextmanager
    def listener(self, port: int, folder: Path | None = None, **environment: str) -> Iterator[int]:
        """Another program that listens on a port, and works in a folder; yields its process id."""
        with subprocess.Popen(
            [sys.executable, "-c", LISTENER, str(port)],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
            process.kill()

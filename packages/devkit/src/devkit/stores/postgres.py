"""Runs Postgres from its binaries: one cluster in one folder, on the loopback address."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import DevkitError
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.stores.binaries import find_postgres
from devkit.supervisor.command import Command, PrivilegeDrop
from devkit.supervisor.process_table import process_is_alive

SUPERUSER = "postgres"
SMALL_SHARED_MEMORY = 256 * 1024 * 1024
"""Bytes of /dev/shm that parallel queries of a large database need (Docker's default is 64 MiB)."""


@dataclass(frozen=True)
class Postgres:
    """A cluster. Call `prepare()` once, then run `command()` and wait until `is_ready()`.

    `durable=False` trades crash safety for speed, for tests.
    """

    directory: Path
    port: int
    password: str
    durable: bool = True
    settings: DevkitSettings = field(default_factory=DevkitSettings)
    privilege_drops: tuple[PrivilegeDrop, ...] = ("namespace", "nobody")
    options: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the server, which win over the ones here."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of the programs."""

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def admin_url(self) -> str:
        """`postgresql://postgres:password@host:port`, without a database name."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}"

    @property
    def exists(self) -> bool:
        """Whether the cluster was created. Raises `DevkitError` where another user owns its folder."""
        try:
            return (self.data / "PG_VERSION").exists()
        except PermissionError as problem:
            raise self._of_another_user(problem) from None

    def prepare(self) -> None:
        """Create the cluster, or check that the existing one can start. Raises `DevkitError`."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if self.exists:
                self._check_version((self.data / "PG_VERSION").read_text().strip())
                self._remove_stale_lock()
            else:
                self._initialise()
        except PermissionError as problem:
            raise self._of_another_user(problem) from None

    def _of_another_user(self, problem: PermissionError) -> DevkitError:
        return DevkitError(
            f"{problem.filename} belongs to another user, so this Postgres cluster cannot be used. "
            f"Run as that user, or delete {self.directory} (its data is lost)."
        )

    def command(self) -> Command:
        """How to run the server; it answers once `is_ready()`."""
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "log_checkpoints": "off",
        }
        if _shared_memory_is_small():
            options["dynamic_shared_memory_type"] = "mmap"
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options |= self.options
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._command("postgres", "-D", str(self.data), *flags)

    def is_ready(self) -> bool:
        """Whether the server accepts connections, by the status line it keeps in postmaster.pid."""
        with suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            # Line 8 is the status (src/include/utils/pidfile.h); pg_ctl -w reads the same.
            return len(lines) >= 8 and lines[7].strip() == "ready" and process_is_alive(int(lines[0]))
        return False

    def _command(self, program: str, *arguments: str) -> Command:
        return Command(
            argv=(str(find_postgres(self.settings) / program), *arguments),
            # PATH for initdb, which runs `postgres` through a shell. C.UTF-8 messages, UTC times.
            environment={"PATH": self.settings.path, "LC_ALL": "C", "TZ": "UTC", "PGTZ": "UTC", **self.environment},
            stop_signal=signal.SIGINT,  # "fast" shutdown: open transactions are rolled back, clients disconnected
            unprivileged=True,
            owned_directories=(self.data,),
            privilege_drops=self.privilege_drops,
        )

    def _initialise(self) -> None:
        # An initdb that was killed leaves files behind; initdb refuses a folder that is not empty.
        if self.data.exists() and any(self.data.iterdir()):
            raise DevkitError(
                f"{self.data} holds an incomplete Postgres cluster: an earlier start was interrupted. "
                f"Delete {self.directory} and try again."
            )
        self.data.mkdir(mode=0o700, exist_ok=True)
        # The password comes from standard input, because the user `nobody` could not read a private file.
        command = self._command(
            *("initdb", "--pgdata", str(self.data), "--username", SUPERUSER, "--pwfile=/dev/stdin"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"),
            *self._locale(),
        )
        done = subprocess.run(
            command.launch_argv(),
            env=dict(command.environment),
            input=self.password + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DevkitError(f"Postgres could not create its cluster in {self.data}:\n{done.stderr.strip()[-2000:]}")

    def _locale(self) -> tuple[str, ...]:
        """Unicode case folding and code point order: the server's own from Postgres 17 on, before that libc's."""
        if int(self._major()) >= 17:
            return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return ("--locale=C.UTF-8", "--lc-messages=C")

    def _major(self) -> str:
        command = self._command("postgres", "--version")
        output = subprocess.run(
            command.argv, env=dict(command.environment), capture_output=True, text=True, check=False
        ).stdout
        match = re.search(r"\d+", output)
        return match.group() if match else "0"

    def _check_version(self, found: str) -> None:
        major = self._major()
        if major != found:
            raise DevkitError(
                f"The cluster in {self.data} was made by Postgres {found}; Postgres {major} cannot read it. "
                f"Delete {self.directory} (its data is lost) or set PG_BIN to the binaries of Postgres {found}."
            )

    def _remove_stale_lock(self) -> None:
        lock = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, IndexError, ValueError):
            process_id = int(lock.read_text().splitlines()[0])
            if process_is_alive(process_id) and _works_in(process_id, self.data):
                raise DevkitError(
                    f"Another Postgres (process {process_id}) is running on {self.data}. "
                    f"Stop it with `kill -INT {process_id}` and try again."
                )
            # A process id that another program has now would keep Postgres from starting.
            lock.unlink()


def _works_in(process_id: int, directory: Path) -> bool:
    try:
        return Path(f"/proc/{process_id}/cwd").resolve(strict=True) == directory.resolve()
    except FileNotFoundError:
        # Without /proc, or after the process ended, Postgres checks the lock file itself.
        return not Path("/proc/self").exists()
    except PermissionError:
        return False


def _shared_memory_is_small() -> bool:
    try:
        space = os.statvfs(Path("/dev", "shm"))
    except OSError:
        return False
    return space.f_frsize * space.f_blocks < SMALL_SHARED_MEMORY

"""A Redis or Valkey server of any version: TLS, ACL users, a limit on memory; also the nodes of other set-ups."""

import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis

from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.supervisor.command import Command

from .certificates import Certificates
from .programs import Program
from .running_store import RunningStore


@dataclass(frozen=True)
class RedisServer:
    """A server with a configuration file of its own, which it may rewrite (`CONFIG REWRITE`, Sentinel)."""

    program: Program
    directory: Path
    port: int
    options: Mapping[str, str] = field(default_factory=dict)
    """Directives by name, such as `{"maxmemory": "2mb"}`; they win over the ones here."""
    users: Sequence[str] = ()
    """ACL rules, such as `app on >secret ~orders:* &* +@all`. Add `default off` to close the default user."""
    certificates: Certificates | None = None
    client_certificate: bool = False
    """Whether clients must show a certificate of the authority."""
    is_sentinel: bool = False

    def prepare(self) -> None:
        """Write its configuration, once: a restart keeps what the server wrote there."""
        self.directory.mkdir(parents=True, exist_ok=True)
        file = self.directory / "server.conf"
        if not file.exists():
            lines = [f"{name} {value}" for name, value in self._directives().items()]
            lines += [f"user {rule}" for rule in self.users]
            file.write_text("\n".join(lines) + "\n")

    def _directives(self) -> dict[str, str]:
        directives = {"bind": LOOPBACK, "port": str(self.port), "dir": str(self.directory)}
        if not self.is_sentinel:
            directives |= {"save": '""', "appendonly": "no", "repl-diskless-sync-delay": "0"}
        if self.certificates is not None:
            authority, certificate, key = self.certificates.server_files_in(self.directory)
            directives |= {
                "port": "0",
                "tls-port": str(self.port),
                "tls-ca-cert-file": str(authority),
                "tls-cert-file": str(certificate),
                "tls-key-file": str(key),
                "tls-auth-clients": "yes" if self.client_certificate else "no",
                "tls-replication": "yes",
            }
        return {**directives, **self.options}

    def command(self) -> Command:
        """How to run it."""
        mode = ("--sentinel",) if self.is_sentinel else ()
        return Command(
            argv=(str(self.program.path), str(self.directory / "server.conf"), *mode),
            environment={"PATH": DevkitSettings().path, "LC_ALL": "C", "TZ": "UTC", **self.program.environment},
            directory=self.directory,
        )

    def is_ready(self) -> bool:
        """Whether it answers; one that wants a password has answered too, one that loads its data has not."""
        with suppress(OSError), self._connect() as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-MASTERDOWN"))
        return False

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((LOOPBACK, self.port), timeout=1)
        if self.certificates is None:
            return connection
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        context.load_cert_chain(self.certificates.client.certificate, self.certificates.client.key)
        return context.wrap_socket(connection, server_hostname="localhost")


@dataclass
class RunningRedis:
    """A server that runs."""

    server: RedisServer
    process: RunningStore

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:port/0`, or `rediss://` with TLS; without user and password."""
        return f"redis{'s' if self.server.certificates else ''}://{self.address}/0"

    def url_of(self, user: str, password: str) -> str:
        """The URL with the credentials of a user."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{quote(user)}:{quote(password, safe='')}@{rest}"

    def ask(self, *command: str | int, user: str | None = None, password: str | None = None) -> Any:
        """Run one command on a connection of its own, to set a scene and to look behind the kit."""
        options: dict[str, Any] = {}
        if (certificates := self.server.certificates) is not None:
            options = {
                "ssl": True,
                "ssl_ca_certs": str(certificates.authority),
                "ssl_certfile": str(certificates.client.certificate),
                "ssl_keyfile": str(certificates.client.key),
            }
        password = password or self.server.options.get("requirepass")
        with redis.Redis(
            port=self.port, host=LOOPBACK, username=user, password=password, decode_responses=True, **options
        ) as client:
            return client.execute_command(*command)


def start_redis(server: RedisServer) -> RunningRedis:
    """Start a server, and return when it answers."""
    return RunningRedis(server, RunningStore(server))

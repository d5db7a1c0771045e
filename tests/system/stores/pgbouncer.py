"""PgBouncer in front of a Postgres: transaction or session mode, a pool size, TLS on either side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from devkit.loopback.ports import LOOPBACK, is_listening
from devkit.settings import DevkitSettings
from devkit.stores.databases import DatabaseUrls
from devkit.supervisor.command import Command

from .certificates import Certificates
from .ports import store_port
from .programs import Program
from .running_store import RunningStore

PoolMode = Literal["session", "transaction", "statement"]


@dataclass(frozen=True)
class PgBouncer:
    """A pooler of every database of one Postgres. It knows the users of the URLs that `urls` is given."""

    program: Program
    directory: Path
    port: int
    upstream: str
    """URL of the Postgres behind it; only host and port count."""
    mode: PoolMode
    users: Mapping[str, str]
    """Passwords by name, as clients send them and as the pooler sends them to Postgres."""
    options: Mapping[str, str] = field(default_factory=dict)
    certificates: Certificates | None = None
    """For TLS towards clients."""

    def prepare(self) -> None:
        """Write its files."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.write_users(self.users)
        address = urlsplit(self.upstream)
        options = {
            "listen_addr": LOOPBACK,
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(self.directory / "users.txt"),
            "pool_mode": self.mode,
            "max_client_conn": "1000",
            "default_pool_size": "1",
            "ignore_startup_parameters": "extra_float_digits,options",
            "server_login_retry": "1",
            "admin_users": ",".join(self.users),
        }
        if self.certificates is not None:
            authority, certificate, key = self.certificates.server_files_in(self.directory)
            options |= {
                "client_tls_sslmode": "require",
                "client_tls_ca_file": str(authority),
                "client_tls_cert_file": str(certificate),
                "client_tls_key_file": str(key),
            }
        lines = [f"{name} = {value}" for name, value in {**options, **self.options}.items()]
        databases = f"[databases]\n* = host={address.hostname} port={address.port}\n"
        (self.directory / "pgbouncer.ini").write_text(f"{databases}[pgbouncer]\n" + "\n".join(lines) + "\n")

    def write_users(self, users: Mapping[str, str]) -> None:
        """Replace the passwords that it knows; `RunningStore.reload` makes it read them."""
        lines = "".join(f'"{name}" "{password}"\n' for name, password in users.items())
        (self.directory / "users.txt").write_text(lines)

    def command(self) -> Command:
        """How to run it."""
        return Command(
            argv=(str(self.program.path), str(self.directory / "pgbouncer.ini")),
            environment={"PATH": DevkitSettings().path, "LC_ALL": "C", **self.program.environment},
            unprivileged=True,
            owned_directories=(self.directory,),
        )

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        return is_listening(self.port)


@dataclass
class RunningPgBouncer:
    """A pooler that runs."""

    pooler: PgBouncer
    process: RunningStore

    @property
    def port(self) -> int:
        return self.pooler.port

    def through(self, url: str) -> str:
        """A database URL of the Postgres behind it, through the pooler."""
        parts = urlsplit(url)
        credentials = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{credentials}@{LOOPBACK}:{self.port}").geturl()

    def urls(self, urls: DatabaseUrls) -> DatabaseUrls:
        """The URLs of the three roles, through the pooler."""
        return DatabaseUrls(self.through(urls.owner), self.through(urls.writer), self.through(urls.reader))


def start_pgbouncer(
    program: Program,
    folder: Path,
    upstream: DatabaseUrls | list[str],
    *,
    mode: PoolMode = "transaction",
    pool_size: int = 1,
    options: Mapping[str, str] | None = None,
    certificates: Certificates | None = None,
) -> RunningPgBouncer:
    """Start a pooler that knows the users of these URLs, with `pool_size` server connections a user and database."""
    urls = upstream if isinstance(upstream, list) else [upstream.owner, upstream.writer, upstream.reader]
    users = {unquote(url.username or ""): unquote(url.password or "") for url in map(urlsplit, urls)}
    options = {"default_pool_size": str(pool_size), **(options or {})}
    pooler = PgBouncer(program, folder, store_port(), urls[0], mode, users, options, certificates)
    return RunningPgBouncer(pooler, RunningStore(pooler))

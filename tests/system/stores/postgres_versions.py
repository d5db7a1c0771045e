"""A Postgres cluster of one version: with TLS, as a streaming replica with a delay, promoted, stopped, killed."""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.stores.postgres import SUPERUSER, Postgres

from .certificates import Certificates
from .ports import store_port
from .programs import Program
from .running_store import RunningStore

_PASSWORD = "superuser"
_NOT_COPIED = ("postmaster.pid", "postmaster.opts", "pg_replslot")


@dataclass
class PostgresCluster:
    """A running cluster. The superuser is `postgres`; roles and databases come from `devkit.stores.databases`."""

    program: Program
    server: Postgres
    process: RunningStore
    certificates: Certificates | None = None

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def admin_url(self) -> str:
        """`postgresql://postgres:password@127.0.0.1:port`, without a database name. Without TLS, unless required."""
        return self.server.admin_url

    async def fetch(self, statement: str, *values: Any, database: str = "postgres") -> list[asyncpg.Record]:
        """Run a statement as the superuser."""
        connection = await asyncpg.connect(f"{self.admin_url}/{database}")
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def wait_until_received(self, primary: "PostgresCluster", *, replayed: bool = True) -> None:
        """Return when this replica has what its primary has committed; `replayed=False`: not yet visible, but here."""
        (wanted,) = await primary.fetch("SELECT pg_current_wal_flush_lsn()::text AS place")
        place = f"pg_last_wal_{'replay' if replayed else 'receive'}_lsn()"
        async with asyncio.timeout(30):
            while True:
                (row,) = await self.fetch(f"SELECT {place} >= $1::text::pg_lsn AS there", wanted["place"])
                if row["there"]:
                    return
                await asyncio.sleep(0.02)

    async def promote(self) -> None:
        """Make this replica a primary, and return when it accepts writes."""
        await self.fetch("SELECT pg_promote(true, 60)")

    async def configure(self, **parameters: str) -> None:
        """Set parameters that need no restart, such as `recovery_min_apply_delay`, and reload."""
        connection = await asyncpg.connect(f"{self.admin_url}/postgres")
        try:
            for name, value in parameters.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        finally:
            await connection.close()
        self.process.reload()


def start_postgres(
    program: Program,
    folder: Path,
    *,
    certificates: Certificates | None = None,
    require_tls: bool = False,
    options: Mapping[str, str] | None = None,
    durable: bool = False,
) -> PostgresCluster:
    """Make and start a cluster in a folder. `require_tls` refuses connections without TLS, also the superuser's."""
    server = _server(program, folder, options or {}, durable=durable)
    server.prepare()
    if certificates is not None:
        _enable_tls(server, certificates, require=require_tls)
    return PostgresCluster(program, server, RunningStore(server), certificates)


async def start_replica(
    primary: PostgresCluster, folder: Path, *, delay: str = "0", options: Mapping[str, str] | None = None
) -> PostgresCluster:
    """Copy a running primary (an online backup) and start the copy as its streaming replica.

    `delay` is `recovery_min_apply_delay`, such as `4s`. Changes arrive at once and become visible that much later.
    """
    server = _server(primary.program, folder, options or {}, durable=primary.server.durable)
    # pg_basebackup is not in every package, so this does what it does.
    connection = await asyncpg.connect(f"{primary.admin_url}/postgres")
    old = primary.program.major < 15
    try:
        start = "pg_start_backup('copy', true, false)" if old else "pg_backup_start('copy', true)"
        await connection.execute(f"SELECT {start}")
        shutil.copytree(primary.server.data, server.data, ignore=_ignored, copy_function=_copy_if_there)
        stop = "pg_stop_backup(false, false)" if old else "pg_backup_stop(false)"
        label = await connection.fetchval(f"SELECT labelfile FROM {stop}")
    finally:
        await connection.close()
    (server.data / "pg_replslot").mkdir(exist_ok=True)
    server.data.chmod(0o700)
    (server.data / "backup_label").write_text(label)
    (server.data / "standby.signal").touch()
    address = urlsplit(primary.admin_url)
    source = f"host={LOOPBACK} port={address.port} user={SUPERUSER} password={_PASSWORD} application_name=replica"
    with (server.data / "postgresql.auto.conf").open("a") as file:
        file.write(f"primary_conninfo = '{source}'\nrecovery_min_apply_delay = '{delay}'\nhot_standby = on\n")
    return PostgresCluster(primary.program, server, RunningStore(server), primary.certificates)


def _server(program: Program, folder: Path, options: Mapping[str, str], *, durable: bool) -> Postgres:
    small = {"shared_buffers": "32MB", "max_wal_size": "1GB"}
    settings = DevkitSettings().model_copy(update={"postgres_binaries": program.path.parent})
    return Postgres(
        folder,
        store_port(),
        _PASSWORD,
        durable=durable,
        settings=settings,
        options={**small, **options},
        environment=program.environment,
    )


def _enable_tls(server: Postgres, certificates: Certificates, *, require: bool) -> None:
    authority, certificate, key = certificates.server_files_in(server.data)
    lines = f"ssl = on\nssl_ca_file = '{authority}'\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n"
    with (server.data / "postgresql.conf").open("a") as file:
        file.write(lines)
    if require:
        rules = server.data / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("host ", "hostssl "))


def _ignored(_folder: str, names: list[str]) -> set[str]:
    """Files of the running server, and the WAL that the replica streams instead."""
    return {name for name in names if name in _NOT_COPIED or name.startswith("pgsql_tmp")}


def _copy_if_there(source: str, target: str) -> str:
    # The primary deletes files while they are copied; replaying the WAL repeats that.
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
    return target

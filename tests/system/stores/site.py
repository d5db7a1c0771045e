"""Real stores for a test: `Stores` starts any of them in a temporary folder and stops them at its end.

Take the fixture `stores` (one for each test), or make a wider fixture of your own:

    from tests.system.stores.site import Stores
    from tests.system.stores.conftest import stores  # noqa: F401 - outside this folder

    def test_it(stores: Stores) -> None:
        primary = stores.postgres(15, tls=True)                # .admin_url, .process.kill(), .process.start()
        pooler = stores.pgbouncer(urls, mode="transaction")    # .urls(urls): the same roles, through the pooler
        cluster = stores.valkey_cluster()                      # .addresses, .move_slot(…), .fail_over(0)
        site = stores.sentinel()                               # .sentinel_addresses, .fail_over()
        server = stores.redis("redis 6.2", users=[…])          # .url, .url_of("app", "secret"), .ask("CONFIG", …)

A store that is not on this machine skips the test with a reason. Every program runs unprivileged on the loopback
address, on a free port that it keeps when it is killed and started again.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from devkit.stores.databases import DatabaseUrls

from .certificates import Certificates
from .pgbouncer import PoolMode, RunningPgBouncer, start_pgbouncer
from .ports import store_port
from .postgres_versions import PostgresCluster, start_postgres, start_replica
from .programs import (
    MISSING,
    POSTGRES_VERSIONS,
    Program,
    every_postgres,
    pgbouncer_program,
    postgres_with_tls,
    redis_programs,
    redis_with_tls,
)
from .redis_server import RedisServer, RunningRedis, start_redis
from .sentinel import SentinelSite, start_sentinel
from .valkey_cluster import ValkeyCluster, start_valkey_cluster


class Stores:
    """Starts stores. Use as a context manager; every method skips the test where the program is missing."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._number = 0
        self._certificates: Certificates | None = None

    def __enter__(self) -> Self:
        name = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="stores-", ignore_cleanup_errors=True))
        self.folder = Path(name)
        # The user `nobody` may run the stores.
        self.folder.chmod(0o755)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def certificates(self) -> Certificates:
        """The authority of this site and its certificates, as files."""
        if self._certificates is None:
            self._certificates = Certificates.made_in(self.folder / "certificates")
        return self._certificates

    def postgres(
        self,
        version: int | None = None,
        *,
        tls: bool = False,
        require_tls: bool = False,
        options: Mapping[str, str] | None = None,
        durable: bool = False,
    ) -> PostgresCluster:
        """A cluster of a major version, else of the newest that can do it: the one of the developer kit has no TLS.

        `durable=False` makes commits fast; a killed server may then lose them.
        """
        secure = tls or require_tls
        versions = postgres_with_tls() if secure else every_postgres()
        name = f"Postgres {version or POSTGRES_VERSIONS[-1]}{' with TLS' if secure else ''}"
        program = _present(versions.get(version or max(versions, default=0)), name)
        cluster = start_postgres(
            program,
            self._folder(),
            certificates=self.certificates if secure else None,
            require_tls=require_tls,
            options=options,
            durable=durable,
        )
        self._stack.callback(cluster.process.stop)
        return cluster

    async def replica_of(
        self, primary: PostgresCluster, *, delay: str = "0", options: Mapping[str, str] | None = None
    ) -> PostgresCluster:
        """A streaming replica that shows changes `delay` later, such as `4s`."""
        replica = await start_replica(primary, self._folder(), delay=delay, options=options)
        self._stack.callback(replica.process.stop)
        return replica

    def pgbouncer(
        self,
        upstream: DatabaseUrls | list[str],
        *,
        mode: PoolMode = "transaction",
        pool_size: int = 1,
        tls: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> RunningPgBouncer:
        """A pooler of these URLs' Postgres, with `pool_size` server connections for each user and database."""
        program = _present(pgbouncer_program(), "PgBouncer")
        certificates = self.certificates if tls else None
        pooler = start_pgbouncer(
            program,
            self._folder(),
            upstream,
            mode=mode,
            pool_size=pool_size,
            options=options,
            certificates=certificates,
        )
        self._stack.callback(pooler.process.stop)
        return pooler

    def redis(
        self,
        version: str | None = None,
        *,
        tls: bool = False,
        client_certificate: bool = False,
        users: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
    ) -> RunningRedis:
        """A server of a version such as `redis 7.0` or `valkey 9.1` (the default without TLS).

        `users` are ACL rules, `options` directives. `tls=True` takes one that has TLS, whatever its version.
        """
        server = RedisServer(
            _redis(version, tls=tls),
            self._folder(),
            store_port(),
            options or {},
            users=users,
            certificates=self.certificates if tls else None,
            client_certificate=client_certificate,
        )
        running = start_redis(server)
        self._stack.callback(running.process.stop)
        return running

    def valkey_cluster(
        self,
        version: str | None = None,
        *,
        nodes: int = 3,
        replicas: bool = False,
        tls: bool = False,
        users: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
    ) -> ValkeyCluster:
        """A cluster of `nodes` primaries, with `replicas=True` one replica for each."""
        cluster = start_valkey_cluster(
            _redis(version, tls=tls),
            self._folder(),
            primaries=nodes,
            replicas=nodes if replicas else 0,
            options=options,
            users=users,
            certificates=self.certificates if tls else None,
        )
        self._stack.callback(cluster.stop)
        return cluster

    def sentinel(
        self,
        version: str | None = None,
        *,
        replicas: int = 1,
        sentinels: int = 1,
        password: str | None = None,
        tls: bool = False,
        users: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
    ) -> SentinelSite:
        """A primary with replicas, watched by Sentinels under the name `shared` (`sentinel.SERVICE`)."""
        site = start_sentinel(
            _redis(version, tls=tls),
            self._folder(),
            replicas=replicas,
            sentinels=sentinels,
            password=password,
            users=users,
            options=options,
            certificates=self.certificates if tls else None,
        )
        self._stack.callback(site.stop)
        return site

    def _folder(self) -> Path:
        self._number += 1
        return self.folder / f"store-{self._number}"


def _redis(version: str | None, *, tls: bool) -> Program:
    if tls:
        return _present(redis_with_tls(), "Redis with TLS")
    return _present(redis_programs().get(version or "valkey 9.1"), (version or "valkey 9.1").capitalize())


def _present(program: Program | None, name: str) -> Program:
    if program is None:
        pytest.skip(MISSING.format(name))
    return program

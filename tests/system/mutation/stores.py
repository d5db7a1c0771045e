"""One Postgres and one Valkey for all runs of a room, instead of new ones for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import asyncpg
from redis import Redis

from devkit.stores import testing
from devkit.stores.testing import PostgresServer, postgres_for_tests, valkey_for_tests

PYTEST = ("-q", "-s", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Options of pytest in a process that has imported some of its plugins."""


@dataclass(frozen=True)
class Stores:
    """Running stores, by their URLs."""

    postgres: str
    valkey: str

    def use(self) -> None:
        """Let the fixtures of this process yield these stores."""
        server = PostgresServer(self.postgres)

        @contextmanager
        def postgres() -> Iterator[PostgresServer]:
            yield server

        @contextmanager
        def valkey() -> Iterator[str]:
            yield self.valkey

        testing.postgres_for_tests = postgres  # type: ignore[assignment]
        testing.valkey_for_tests = valkey  # type: ignore[assignment]

    def clear(self) -> None:
        """Remove what a run left behind."""
        anyio.run(self._drop_databases)
        with Redis.from_url(self.valkey) as client:
            client.flushall()

    async def _drop_databases(self) -> None:
        connection = await asyncpg.connect(f"{self.postgres}/postgres")
        try:
            for row in await connection.fetch(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
            ):
                await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        finally:
            await connection.close()


@contextmanager
def running_stores() -> Iterator[Stores]:
    """Stores for the length of the block."""
    with postgres_for_tests() as postgres, valkey_for_tests() as valkey:
        yield Stores(postgres.admin_url, valkey)

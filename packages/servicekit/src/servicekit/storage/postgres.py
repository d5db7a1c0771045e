"""Postgres through asyncpg, bound to the tenant of the call in progress.

Row-level security reads the tenant from the session setting ``app.tenant``. A connection remembers the tenant it was
last bound to and is bound again only when that changes, so in the steady state a query costs one round trip. That needs
connections of our own: behind a pooler that shares server sessions between clients (PgBouncer's transaction mode)
this is unsafe, so connect directly or through session pooling.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from servicekit.core.caller import current_tenant
from servicekit.core.errors import Unavailable
from servicekit.settings.database import DatabaseSettings
from servicekit.telemetry.instruments import pool_wait, pool_waiting, pools
from servicekit.telemetry.spans import child_span, statement_span

# Away, starting, shutting down, out of connections, or too slow: a later call may go through.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
)


# Of those, what can only come from a connection, wherever in a call it is raised.
_LOST = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError)


class _NoAnswer(Exception):
    """A statement was not answered; tells that apart from time-outs and broken pipes of whatever else a call does."""


def _observed(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A method of a connection that shows as a span of the call in progress, and says when it was not answered."""

    async def observed(connection: "_TenantConnection", query: str, *arguments: Any, **options: Any) -> Any:
        try:
            with statement_span(query, connection.attributes):
                return await method(connection, query, *arguments, **options)
        except asyncio.CancelledError:
            connection.given_up = True
            raise
        except (OSError, TimeoutError) as error:
            raise _NoAnswer from error
        except asyncpg.InternalClientError as error:
            # Postgres said goodbye to an idle connection, and the end of it has not been read yet.
            connection.terminate()
            raise _NoAnswer from error
        except asyncpg.InterfaceError as error:
            # Also what asyncpg raises for a value that does not fit its parameter, and for misuse: those are bugs.
            if connection.is_closed() and not isinstance(error, ValueError):
                raise _NoAnswer from error
            raise

    return observed


class _TenantConnection(asyncpg.Connection):
    """A connection that knows which tenant it is bound to, and when it was the one that failed."""

    __slots__ = ("attributes", "given_up", "tenant")

    attributes: Mapping[str, Any]
    given_up: bool
    """A statement was cancelled since the connection was last given back."""

    fetch: Any = _observed(asyncpg.Connection.fetch)
    fetchrow: Any = _observed(asyncpg.Connection.fetchrow)
    fetchval: Any = _observed(asyncpg.Connection.fetchval)
    execute: Any = _observed(asyncpg.Connection.execute)
    executemany: Any = _observed(asyncpg.Connection.executemany)

    async def bind(self, tenant: str) -> None:
        if getattr(self, "tenant", None) == tenant:
            return
        self.tenant = ""
        await self.fetchval("SELECT set_config('app.tenant', $1, false)", tenant)
        self.tenant = tenant

    def get_reset_query(self) -> str:
        """Nothing to reset between calls, since no statement here changes the session but `bind`.

        Except after one that was given up: asyncpg sends a statement in two parts, and between them it is left begun.
        Postgres then holds its locks, and answers the next one on the connection with the timeout of this one.
        """
        if not getattr(self, "given_up", False):
            return ""
        self.given_up = False
        return "SELECT 1"


class Database:
    """One pool of connections under one role. Starts without the database, and says so in its health check.

    Args:
        url: ``postgresql://role:password@host:port/database``.
        name: the word for it in health pages and refusals.
        read_only: every transaction is read-only, whatever the role may do.
        connections: the most connections this process holds.
        statement_timeout: seconds after which Postgres cancels a statement.
        acquire_timeout: seconds a call waits for a free connection.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "database",
        read_only: bool = False,
        connections: int = 10,
        statement_timeout: float = 5.0,
        acquire_timeout: float = 2.0,
    ) -> None:
        self.name = name
        self._transaction: ContextVar[PoolConnectionProxy[Any] | None] = ContextVar(f"transaction-{name}")
        self._afterwards: ContextVar[list[Callable[[], Awaitable[None]]]] = ContextVar(f"afterwards-{name}")
        self._acquire_timeout = acquire_timeout
        self._waits = {"db.client.connection.pool.name": name}
        self._attributes = _attributes(url)
        self._options: dict[str, Any] = {
            "dsn": url,
            "min_size": 0,
            "max_size": connections,
            "connection_class": _TenantConnection,
            "init": self._describe,
            "timeout": acquire_timeout,
            "command_timeout": statement_timeout + 1,  # Postgres should cancel first: it then keeps the connection
            "server_settings": {
                "application_name": f"mcp-{name}",
                "default_transaction_read_only": "on" if read_only else "off",
                "statement_timeout": str(int(statement_timeout * 1000)),
                "jit": "off",  # compiling costs more than these short queries do
            },
        }

    async def start(self) -> None:
        """Prepare the pool. Connections are opened on first use, so a database that is down does not stop a start."""
        self._pool = await asyncpg.create_pool(**self._options)
        pools.add(self)

    async def stop(self) -> None:
        """Close the pool, cutting whatever still runs."""
        pools.discard(self)
        self._pool.terminate()

    def connections(self) -> tuple[int, int]:
        """How many connections are idle, and how many are in use."""
        idle = self._pool.get_idle_size()
        return idle, self._pool.get_size() - idle

    async def check(self) -> None:
        """Answer when the database answers.

        Raises:
            Unavailable: it does not.
        """
        try:
            async with self._pool.acquire(timeout=self._acquire_timeout) as connection:
                await connection.fetchval("SELECT 1")
        except (_NoAnswer, *_AWAY) as error:
            raise Unavailable(self.name) from error

    @asynccontextmanager
    async def session(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A connection that sees the rows of the current caller's tenant and no others.

        Inside `transaction` this is the transaction's own connection, so whatever a call does there commits together.

        Raises:
            Unavailable: no connection, or none that works.
            Refused: the caller has no tenant.
        """
        connection = self._transaction.get(None)
        if connection is not None:
            yield connection
            return
        async with self._bound_to(current_tenant()) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A session inside one transaction: committed at the end of the block, rolled back by any exception.

        A transaction inside a transaction is part of it.
        """
        if self._transaction.get(None) is not None:
            async with self.session() as connection:
                yield connection
            return
        async with self.transaction_of(current_tenant()) as connection:
            yield connection

    @asynccontextmanager
    async def transaction_of(self, tenant: str) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A transaction for a tenant that is not the caller's: for the server's own work, outside any call."""
        afterwards: list[Callable[[], Awaitable[None]]] = []
        async with self._bound_to(tenant) as connection, connection.transaction():
            token, listed = self._transaction.set(connection), self._afterwards.set(afterwards)
            try:
                yield connection
            finally:
                self._transaction.reset(token)
                self._afterwards.reset(listed)
        for work in afterwards:
            await work()

    async def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something once the transaction in progress is committed, and not if it is not; at once outside of one.

        The transaction has happened by then, so `work` must not fail.
        """
        if self._transaction.get(None) is None:
            await work()
        else:
            self._afterwards.get().append(work)

    @asynccontextmanager
    async def unbound(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A connection bound to no tenant: row-level security shows it nothing but what a role may see of all."""
        async with self._bound_to("") as connection:
            yield connection

    @asynccontextmanager
    async def _bound_to(self, tenant: str) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        try:
            connection = await self._acquire()
        except _AWAY as error:
            raise Unavailable(self.name) from error
        try:
            await connection.bind(tenant)  # type: ignore[attr-defined]  # the proxy passes on what our class adds
            yield connection
        except (_NoAnswer, *_LOST) as error:
            raise Unavailable(self.name) from error
        finally:
            with suppress(_NoAnswer, *_AWAY):  # one that cannot be given back is closed by the pool
                await self._pool.release(connection)

    async def _acquire(self) -> "PoolConnectionProxy[Any]":
        """A connection from the pool; the wait for it is counted, and a span where it is long."""
        began = time.perf_counter()
        pool_waiting.add(1, self._waits)
        try:
            with child_span("connection", self._waits, brief=True):
                return await self._pool.acquire(timeout=self._acquire_timeout)
        finally:
            pool_waiting.add(-1, self._waits)
            pool_wait.record(time.perf_counter() - began, self._waits)

    async def _describe(self, connection: Any) -> None:
        """Tell a new connection what its spans say about the database."""
        connection.attributes = self._attributes

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """All rows of one statement."""
        async with self.session() as connection:
            return await connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """The first row of one statement, or None."""
        async with self.session() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first value of the first row of one statement, or None."""
        async with self.session() as connection:
            return await connection.fetchval(query, *arguments)


def _attributes(url: str) -> dict[str, Any]:
    """What spans say about a database, without its credentials."""
    parts = urlsplit(url)
    found = {"server.address": parts.hostname, "server.port": parts.port, "db.namespace": parts.path.strip("/")}
    return {"db.system.name": "postgresql", **{name: value for name, value in found.items() if value}}


def reader_and_writer(settings: DatabaseSettings) -> tuple[Database, Database]:
    """The databases of a server, one for each serving role. Reads go to the replica if there is one."""
    reader = Database(
        settings.reads_url,
        read_only=True,
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
    )
    writer = Database(
        settings.writer_url.get_secret_value(),
        name="writer",
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
    )
    return reader, writer

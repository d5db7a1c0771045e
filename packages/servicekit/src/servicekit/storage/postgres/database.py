"""A Postgres connection pool (asyncpg), bound to the tenant of the call in progress.

Row-level security reads the tenant from the setting ``app.tenant``. A connection of its own sets it for the session,
and only when the tenant changes (ADR 0002). Behind a pooler it is set for each transaction (ADR 0016). Either way, a
query usually takes one round trip.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from servicekit.core.caller import current_tenant
from servicekit.core.health import EVERY_CALL, CallKind
from servicekit.settings.database import Pooler
from servicekit.storage.postgres.connection import UNWIND_TIMEOUT, TenantConnection
from servicekit.storage.postgres.connection_queue import ConnectionQueue
from servicekit.storage.postgres.errors import BUSY, DRIVER_ERRORS, READ_ONLY, DatabaseUnavailable, NoReply
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from servicekit.storage.postgres.pool_failures import PoolFailures
from servicekit.storage.postgres.pooler import PoolerWatch
from servicekit.telemetry.instruments import open_pools, pool_wait, pool_waiting
from servicekit.telemetry.spans import child_span

_CHECK_TIMEOUT: Final = 0.8
"""Seconds a check waits for a free connection: less than the health report waits for the check."""


class Database:
    """A pool of connections of one role. The database may be unavailable at start.

    Args:
        address: where the database is; a URL without rotated secrets is one, too.
        name: the name on the health page and in error texts.
        read_only: make every transaction read-only, even if the role may write.
        connections: maximum number of connections.
        statement_timeout: seconds after which Postgres cancels a statement.
        acquire_timeout: seconds a call waits for a free connection.
        pooler: what stands before Postgres. ``transaction`` works with and without a pooler, and is slower.
        idle_timeout: seconds after which an idle connection is closed, so that an idle process gives it back.
        needed_for: the kinds of calls that fail without this database.
        probe: what the check runs, without a tenant. By default it asks whether writes would be accepted.
        committed: called with the connection after each commit, or with None where the connection was lost before the
            outcome was known. It must not fail.
    """

    def __init__(
        self,
        address: DatabaseAddress | str,
        *,
        name: str = "database",
        read_only: bool = False,
        connections: int = 10,
        statement_timeout: float = 5.0,
        acquire_timeout: float = 2.0,
        pooler: Pooler = "direct",
        idle_timeout: float = 300.0,
        needed_for: Collection[CallKind] = EVERY_CALL,
        probe: str = "SELECT current_setting('transaction_read_only')",
        committed: Callable[["PoolConnectionProxy[Any] | None"], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.needed_for = needed_for
        self._probe, self._committed = probe, committed
        self.failures: Final = PoolFailures(name, reads=read_only)
        self._read_only = read_only
        self._transaction: ContextVar[PoolConnectionProxy[Any] | None] = ContextVar(f"transaction-{name}")
        self._commit_callbacks: ContextVar[list[Callable[[], Awaitable[None]]]] = ContextVar(f"commit-callbacks-{name}")
        self._acquire_timeout = acquire_timeout
        self._pool_attributes = {"db.client.connection.pool.name": name}
        self._waiting = pool_waiting.level(name)
        self._wait = pool_wait.series(self._pool_attributes)
        self._address = address_from(address)
        self._queue = ConnectionQueue()
        self._options: dict[str, Any] = {
            "connect": self._address.connect,
            "min_size": 0,
            "max_size": connections,
            "max_inactive_connection_lifetime": idle_timeout,
            "connection_class": TenantConnection,
            "init": self._prepare,
            "timeout": acquire_timeout,
            "command_timeout": statement_timeout + 1,  # later than Postgres, which keeps the connection open
        }
        limits = {"statement_timeout": str(int(statement_timeout * 1000)), "jit": "off"}  # compiling takes longer
        self._pooler: Final = PoolerWatch(name, pooler)
        # What each transaction sets for itself where the session is shared.
        self._local = limits | ({"transaction_read_only": "on"} if read_only else {})
        self._options["server_settings"] = {"application_name": f"mcp-{name}"}
        if pooler == "direct":
            session = {"default_transaction_read_only": "on" if read_only else "off", **limits}
            self._options["server_settings"] |= session

    async def start(self) -> None:
        """Create the pool. Connections open on first use, so that the server starts without the database."""
        self._pool = await asyncpg.create_pool(**self._options)
        open_pools.add(self)

    async def stop(self) -> None:
        """Close the pool and abort running statements."""
        open_pools.discard(self)
        self._address.close()
        self._pool.terminate()

    @property
    def most(self) -> int:
        """The number of connections that the pool may open."""
        return int(self._options["max_size"])

    def connections(self) -> tuple[int, int]:
        """Numbers of idle and of used connections."""
        idle = self._pool.get_idle_size()
        return idle, self._pool.get_size() - idle

    async def check(self) -> None:
        """Do what calls do, wherever the URL says now that the database is: a read for a pool that only reads, else a
        look whether a write would be accepted.

        A pool whose connections are all in use works as long as calls end.

        Raises:
            Unavailable: calls would fail.
        """
        await self.probe(self._probe)

    async def probe(self, statement: str) -> None:
        """Run a statement without a tenant, as a check.

        Raises:
            Unavailable: it failed, or the server accepts no writes and this pool is for writes.
        """
        served = self.failures.served
        try:
            if await self._address.moved():
                await self._pool.expire_connections()
            async with self._bound_connection("", _CHECK_TIMEOUT) as connection:
                if await connection.fetchval(statement) == "on" and not self._read_only:
                    raise await self.failures.found(READ_ONLY, self._pool)
        except DatabaseUnavailable as error:
            if error.failure is not BUSY or self.failures.served == served:
                raise

    @asynccontextmanager
    async def session(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A connection that sees only the rows of the current caller's tenant.

        Inside `transaction` it is the transaction's connection.

        Raises:
            Unavailable: no working connection.
            Refused: the caller has no tenant.
        """
        connection = self._transaction.get(None)
        if connection is not None:
            yield connection
            return
        async with self._bound_connection(current_tenant()) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A transaction, committed at the end of the block and rolled back by any exception.

        A nested transaction joins the outer one.
        """
        if self._transaction.get(None) is not None:
            async with self.session() as connection:
                yield connection
            return
        async with self.tenant_transaction(current_tenant()) as connection:
            yield connection

    @asynccontextmanager
    async def tenant_transaction(self, tenant: str) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A transaction for the given tenant, for background work outside a call."""
        callbacks: list[Callable[[], Awaitable[None]]] = []
        began = False
        try:
            async with self._bound_connection(tenant) as connection:
                async with connection.transaction():
                    began = True
                    token, listed = self._transaction.set(connection), self._commit_callbacks.set(callbacks)
                    try:
                        yield connection
                    finally:
                        self._transaction.reset(token)
                        self._commit_callbacks.reset(listed)
                if self._committed is not None:
                    await self._committed(connection)
        except DatabaseUnavailable as error:
            if began and self._committed is not None and not error.failure.brief:
                await self._committed(None)
            raise
        for callback in callbacks:
            await callback()

    async def after_commit(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` after the commit of the current transaction, or at once outside of one.

        The callback must not fail. It is not called after a rollback.
        """
        if self._transaction.get(None) is None:
            await callback()
        else:
            self._commit_callbacks.get().append(callback)

    @asynccontextmanager
    async def without_tenant(self) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        """A connection without a tenant: it sees only rows that the role may see for every tenant."""
        async with self._bound_connection("") as connection:
            yield connection

    @asynccontextmanager
    async def _bound_connection(
        self, tenant: str, within: float | None = None
    ) -> AsyncIterator["PoolConnectionProxy[Any]"]:
        connection = await self._acquire(within or self._acquire_timeout)
        try:
            await connection.bind(tenant)  # type: ignore[attr-defined]  # the proxy forwards to our class
            yield connection
        except (NoReply, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            unavailable = await self.failures.on_statement(error, self._pool)
            if unavailable is None:
                raise
            raise unavailable from error
        else:
            self.failures.worked()
        finally:
            with suppress(*DRIVER_ERRORS):  # the pool closes a connection that it cannot take back
                limit = UNWIND_TIMEOUT if getattr(connection, "cancelled", False) else None  # a closed one has none
                await self._pool.release(connection, timeout=limit)

    async def _acquire(self, within: float) -> "PoolConnectionProxy[Any]":
        """A connection from the pool; records the wait for it.

        Raises:
            Unavailable: none in time.
        """
        began = time.perf_counter()
        self._waiting.add(1)
        try:
            with child_span("connection", self._pool_attributes, brief=True):
                return await self._queue.acquire(self._pool, within)
        except DRIVER_ERRORS as error:
            unavailable = self.failures.on_connecting(error, self._pool)
            if unavailable is None:
                raise
            raise unavailable from error
        finally:
            self._waiting.add(-1)
            self._wait.record(time.perf_counter() - began)

    async def _prepare(self, connection: Any) -> None:
        """Set the span attributes of a new connection, and find out whether its session is its own."""
        connection.attributes = self._address.attributes(connection)
        connection.share(self._local)
        if await self._pooler.is_absent(connection):
            connection.own()

    @property
    def warning(self) -> str | None:
        """What is wrong with the setting, for the health page."""
        return self._pooler.warning

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """All rows of one statement."""
        return await self._run("fetch", query, arguments)  # type: ignore[no-any-return]

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """The first row of one statement, or None."""
        return await self._run("fetchrow", query, arguments)  # type: ignore[no-any-return]

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first value of the first row of one statement, or None."""
        return await self._run("fetchval", query, arguments)

    async def _run(self, method: str, query: str, arguments: tuple[object, ...]) -> Any:
        """One statement. A read whose connection was lost is tried on another connection."""
        try:
            async with self.session() as connection:
                return await getattr(connection, method)(query, *arguments)
        except DatabaseUnavailable as error:
            if not (error.failure.repeatable and self._read_only) or self._transaction.get(None) is not None:
                raise
        async with self.session() as connection:
            return await getattr(connection, method)(query, *arguments)

"""A connection to Postgres (asyncpg): its tenant, the spans of its statements, and what a cancellation leaves.

Behind a pooler, other clients may use the server's session between two transactions. A connection that is shared in
this way leaves nothing in the session: each transaction begins with a statement that sets the tenant and the limits
for this transaction only, in the same round trip (ADR 0016).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import asyncpg

from servicekit.storage.postgres.described_types import DescribedTypes, Types
from servicekit.storage.postgres.errors import NoReply
from servicekit.storage.postgres.messages import describe_message, execute_messages, parse_message
from servicekit.telemetry.spans import statement_span

_Driver: Any = asyncpg.Connection  # its types leave out what is shared between its modules
_MOST_CHECKS = 200
UNWIND_TIMEOUT: Final = 0.5
"""Seconds for each step that ends a cancelled statement: a server that hangs must not hold its caller any longer. Then
the connection is closed, and Postgres rolls back."""

_SET_SESSION = "SELECT pg_backend_pid() FROM set_config('app.tenant', $1, false)"


def _traced(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap a connection method in a span, and raise `NoReply` if it gets no reply."""

    async def traced(connection: "TenantConnection", query: str, *arguments: Any, **options: Any) -> Any:
        try:
            with statement_span(query, connection.attributes):
                return await method(connection, query, *arguments, **options)
        except asyncio.CancelledError:
            connection.cancelled = True
            raise
        except (OSError, TimeoutError) as error:
            connection.cancelled = isinstance(error, TimeoutError)  # which the driver does then
            raise NoReply from error
        except asyncpg.InternalClientError as error:
            # Postgres has closed the idle connection, and the driver has not read that yet.
            connection.terminate()
            raise NoReply from error
        except asyncpg.InterfaceError as error:
            # asyncpg also raises it for a value of the wrong type and for misuse, which are bugs.
            if connection.is_closed() and not isinstance(error, ValueError):
                raise NoReply from error
            raise

    return traced


class TenantConnection(_Driver):  # type: ignore[misc]  # a class of type Any
    """A connection with its tenant, spans for its statements, and errors of its own.

    A new connection counts as shared with other clients, until `own` is called.
    """

    __slots__ = (
        "_ahead",
        "_checks",
        "_described",
        "_setup",
        "attributes",
        "cancelled",
        "is_shared",
        "remembered",
        "tenant",
    )

    attributes: Mapping[str, Any]
    cancelled: bool
    """A statement was cancelled since the connection was last released."""
    is_shared: bool
    """Other clients may use the server's session between two transactions."""
    remembered: dict[Any, Any]
    """What the journal knows of the database as long as this connection lasts."""
    tenant: str | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.attributes, self.remembered, self.cancelled = {}, {}, False
        # asyncpg would turn `jit` off and on again for the session when it meets a type that it does not know.
        self._server_caps = self._server_caps._replace(jit=False)  # type: ignore[misc, has-type]
        self._described: DescribedTypes | None = None
        self._checks: dict[str, tuple[Any, bytes, Types]] = {}
        self.share({})

    fetch: Any = _traced(asyncpg.Connection.fetch)
    fetchrow: Any = _traced(asyncpg.Connection.fetchrow)
    fetchval: Any = _traced(asyncpg.Connection.fetchval)
    executemany: Any = _traced(asyncpg.Connection.executemany)

    def share(self, settings: Mapping[str, str]) -> None:
        """From now on, leave nothing in the session, and set these parameters for each transaction.

        Args:
            settings: values without quotes, by name.
        """
        local = "".join(f" || set_config('{name}', '{value}', true)" for name, value in settings.items())
        # It returns no row, and `||` needs the values of both its sides.
        self._setup = parse_message(f"SELECT 1 WHERE set_config('app.tenant', $1, true){local} IS NULL")
        self.is_shared = True
        self._bind_shared("")

    def own(self) -> None:
        """From now on, the server's session belongs to this connection."""
        self.is_shared, self.tenant = False, None
        self._stmt_cache.clear()  # statements without a name, which the next one replaces
        self._checks.clear()
        if self._described is not None:
            self._described = None
            self._transport.set_protocol(self._protocol)

    async def bind(self, tenant: str) -> None:
        """Let the following statements act for a tenant."""
        if self.tenant == tenant:
            return
        if self.is_shared:
            self._bind_shared(tenant)
            return
        self.tenant = None
        if await self.fetchval(_SET_SESSION, tenant) != self.get_server_pid():
            self.terminate()  # a pooler in between has sent the statement to the session of another connection
            raise NoReply
        self.tenant = tenant

    def _bind_shared(self, tenant: str) -> None:
        self._ahead = self._setup + execute_messages(tenant)
        self.tenant = tenant

    def get_reset_query(self) -> str:
        """No reset between calls, since only `bind` changes the session; one statement after a cancellation.

        asyncpg sends a statement in two parts. Cancelled between them, it stays open: Postgres keeps its locks, a
        pooler keeps the server connection, and the next statement of the connection fails with its timeout.
        """
        if not self.cancelled:
            return ""
        self.cancelled = False
        return "SELECT 1"

    async def _execute_any(self, query: str, *arguments: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        if self.cancelled:  # a rollback, for which a call that is over does not wait long
            timeout = UNWIND_TIMEOUT
        if arguments or not self.is_shared or self.is_in_transaction():
            return await super().execute(query, *arguments, timeout=timeout)
        if query.startswith("BEGIN"):
            return await self._begin(query)
        # Not as a simple query, which would run in a transaction of its own, without the tenant and the limits.
        _, status, _ = await self._execute(query, (), 0, timeout, return_status=True)
        return status.decode()

    execute: Any = _traced(_execute_any)

    async def _begin(self, query: str) -> str:
        """Begin a transaction, and set the tenant and the limits in it."""
        with self._stmt_exclusive_section:
            await self._protocol._wait_for_cancellation()
            self._transport.write(parse_message(query) + execute_messages() + self._ahead)
            await self._sync()
        return "BEGIN"

    async def _sync(self) -> None:
        """End what was sent ahead, and wait for its reply: an error of Postgres, or none."""
        await self._protocol.close_portal("", None)  # the shortest message that asyncpg ends with a Sync

    def _do_execute(
        self,
        query: str,
        executor: Callable[..., Awaitable[Any]],
        timeout: float | None,
        retry: bool = True,
        **options: Any,
    ) -> Any:
        """Every statement but a simple query or a cursor passes here. A shared connection sets up its transaction."""
        if self.is_shared:
            ahead = b"" if self.is_in_transaction() else self._ahead
            executor = partial(self._run_after, ahead, query, executor)
        return super()._do_execute(query, executor, timeout, retry, **options)

    async def _run_after(
        self,
        ahead: bytes,
        query: str,
        executor: Callable[..., Awaitable[Any]],
        statement: Any,
        timeout: float | None,  # noqa: ASYNC109  # as asyncpg calls it
    ) -> Any:
        """Send messages and then a statement, whose Sync ends the transaction of both.

        Raises:
            asyncpg.OutdatedSchemaCacheError: it has run with other types than those by which its rows are read.
        """
        timeout = await self._protocol._wait_for_cancellation(timeout)
        described, (parsed, expected) = self._watched(), self._check_of(query, statement)
        described.expect()
        sent = self._protocol.queries_count
        self._transport.write(ahead + parsed)
        try:
            result = await executor(statement, timeout)
        except Exception as error:
            # asyncpg may have refused the values and sent nothing, with an error of the same type as the server's.
            late = isinstance(error, TimeoutError) and self._protocol.queries_count != sent
            if not late and not self.is_closed():
                await self._sync()
            if described.types in (None, expected):
                raise
            raise _changed(query) from error
        if described.types not in (None, expected):
            raise _changed(query)
        return result

    def _watched(self) -> DescribedTypes:
        """What the server describes, which passes by from now on."""
        if self._described is None:
            self._described = DescribedTypes(self._protocol)
            self._transport.set_protocol(self._described)
        return self._described

    def _check_of(self, query: str, statement: Any) -> tuple[bytes, Types]:
        """Messages that parse and describe a statement again, and the types that are known."""
        known = self._checks.get(query)
        if known is None or known[0] is not statement:
            if len(self._checks) >= _MOST_CHECKS:
                self._checks.clear()
            columns = [column.type.oid for column in statement._get_attributes()]
            types = ([parameter.oid for parameter in statement._get_parameters()], columns)
            known = self._checks[query] = (statement, parse_message(query) + describe_message(), types)
        return known[1:]

    def _get_statement(
        self, query: str, timeout: float | None, *, named: str | bool | None = False, **options: Any
    ) -> Any:
        """A prepared statement. On a shared connection it has no name, and each run parses it again.

        The types of its parameters and columns are kept, so that it still takes one round trip.
        """
        if self.is_shared:
            prepared = super()._get_statement(query, timeout, named="", **options)
            return self._unprepared(prepared) if named else prepared
        return super()._get_statement(query, timeout, named=named, **options)

    async def _unprepared(self, prepared: Awaitable[Any]) -> Any:
        """A statement for a cursor, which the driver parses again, since it does not pass `_run_after`."""
        statement = await prepared
        if not statement.name:
            statement.mark_unprepared()
        return statement


def _changed(query: str) -> asyncpg.OutdatedSchemaCacheError:
    """The driver then forgets all types and statements, in the whole pool."""
    return asyncpg.OutdatedSchemaCacheError(f"types have changed since the statement was first used: {query}")

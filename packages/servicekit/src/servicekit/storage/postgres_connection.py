"""A connection to Postgres (asyncpg): its tenant, the spans of its statements, and what a cancellation leaves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg

from servicekit.storage.postgres_errors import NoReply
from servicekit.telemetry.spans import statement_span


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


class TenantConnection(asyncpg.Connection):
    """A connection with its tenant, spans for its statements, and errors of its own."""

    __slots__ = ("attributes", "cancelled", "remembered", "tenant")

    attributes: Mapping[str, Any]
    cancelled: bool
    """A statement was cancelled since the connection was last released."""
    remembered: dict[Any, Any]
    """What the journal knows of the database as long as this session lasts."""

    fetch: Any = _traced(asyncpg.Connection.fetch)
    fetchrow: Any = _traced(asyncpg.Connection.fetchrow)
    fetchval: Any = _traced(asyncpg.Connection.fetchval)
    execute: Any = _traced(asyncpg.Connection.execute)
    executemany: Any = _traced(asyncpg.Connection.executemany)

    async def bind(self, tenant: str) -> None:
        if getattr(self, "tenant", None) == tenant:
            return
        self.tenant = ""
        await self.fetchval("SELECT set_config('app.tenant', $1, false)", tenant)
        self.tenant = tenant

    def get_reset_query(self) -> str:
        """No reset between calls, since only `bind` changes the session; one statement after a cancellation.

        asyncpg sends a statement in two parts. Cancelled between them, it stays open: Postgres keeps its locks, and
        the next statement of the connection fails with its timeout.
        """
        if not getattr(self, "cancelled", False):
            return ""
        self.cancelled = False
        return "SELECT 1"

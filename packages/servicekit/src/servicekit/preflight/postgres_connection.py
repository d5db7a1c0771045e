"""Connects to a database as the server does, and says in words why it cannot."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from servicekit.preflight.finding import Area
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.errors import DatabaseUnavailable


async def use_connection(area: Area, database: Database, name: str, use: Callable[[Any], Awaitable[None]]) -> None:
    """Call `use` with a connection that has no tenant. Reports why there is none, or why it was lost.

    Args:
        name: the variable with the database's URL.
    """
    is_open = False
    await database.start()
    try:
        async with database.without_tenant() as connection:
            is_open = True
            await use(connection)
    except DatabaseUnavailable as unavailable:
        failure = unavailable.failure
        area.fail("connection", f"{name}: {failure.cause}.", failure.next_step)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, OSError) as error:
        if is_open:
            raise
        code = getattr(error, "sqlstate", None)
        shown = f"{type(error).__name__}{f', SQLSTATE {code}' if code else ''}"
        area.fail("connection", f"{name}: the connection failed ({shown}).", "Look at the log of the server.")
    finally:
        await database.stop()

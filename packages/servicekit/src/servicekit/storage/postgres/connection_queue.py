"""Connections of a pool while Postgres refuses the password: calls wait in order for those that are open."""

import asyncio
import time
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from servicekit.storage.postgres.login.failures import PasswordRefused

_RETRY: Final = 0.01  # seconds between looks for a free connection


class ConnectionQueue:
    """Hands out the connections of a pool, without delay as long as the password is accepted.

    While a password is rotated, its file may change some seconds after the database. Then no connection can be opened,
    and the open ones serve all calls in the order of their arrival.
    """

    def __init__(self) -> None:
        self._first = asyncio.Lock()

    async def acquire(self, pool: "asyncpg.Pool[Any]", within: float) -> "PoolConnectionProxy[Any]":
        """A connection.

        Args:
            within: seconds to wait for one.

        Raises:
            PasswordRefused: none came free, and Postgres accepts no known password.
            TimeoutError: none came free.
        """
        deadline = time.perf_counter() + within
        refusal: PasswordRefused | None = None
        if not self._first.locked():
            try:
                return await pool.acquire(timeout=within)
            except PasswordRefused as error:
                refusal = _unless_hopeless(error, pool)
        try:
            async with asyncio.timeout(deadline - time.perf_counter()), self._first:
                while True:
                    try:
                        return await pool.acquire()
                    except PasswordRefused as error:
                        refusal = _unless_hopeless(error, pool)
                    await asyncio.sleep(_RETRY)
        except TimeoutError:
            if refusal is None:
                raise
            raise refusal from None


def _unless_hopeless(refusal: PasswordRefused, pool: "asyncpg.Pool[Any]") -> PasswordRefused:
    """The refusal. Raises it where no connection is open, so that none can come free."""
    if pool.get_size() == 0:
        raise refusal
    return refusal

"""What follows from the failures of one pool: the cause in the log, and new connections in place of misleading ones."""

import time
from typing import Any, Final

from servicekit.storage.causes import Causes
from servicekit.storage.postgres.errors import BUSY, DatabaseUnavailable, Failure, connect_failure_of, failure_of

_MOVE_INTERVAL: Final = 1.0  # seconds between two replacements of a pool's connections


class PoolFailures:
    """The failures of one pool.

    Args:
        name: the component, as the health page names it.
        reads: its connections only read.
    """

    def __init__(self, name: str, *, reads: bool) -> None:
        self.causes: Final = Causes(name)
        self.served = 0
        """How often a connection was used without a failure."""
        self._name, self._reads = name, reads
        self._moved_at = float("-inf")

    @property
    def is_failing(self) -> bool:
        """The pool failed, and has not worked for some seconds since."""
        return self.causes.current is not None

    def worked(self) -> None:
        """A connection was used without a failure."""
        self.served += 1
        if self.causes.current is not None:
            self.causes.works()

    def on_connecting(self, error: BaseException, pool: Any) -> DatabaseUnavailable | None:
        """The error of a call that got no connection; None for a bug."""
        if isinstance(error, TimeoutError) and pool.get_size() == pool.get_max_size():
            return self._reported(BUSY)
        failure = connect_failure_of(error, reads=self._reads)
        return None if failure is None else self._reported(failure)

    async def on_statement(self, error: BaseException, pool: Any) -> DatabaseUnavailable | None:
        """The error of a call whose statement failed; None for a bug."""
        failure = failure_of(error, reads=self._reads)
        return None if failure is None else await self.found(failure, pool)

    async def found(self, failure: Failure, pool: Any) -> DatabaseUnavailable:
        """The error of a call. Where other connections may lead to the wrong server too, new ones replace them."""
        now = time.monotonic()
        if failure.moves and now - self._moved_at >= _MOVE_INTERVAL:
            self._moved_at = now
            await pool.expire_connections()
        return self._reported(failure)

    def _reported(self, failure: Failure) -> DatabaseUnavailable:
        self.causes.report(failure.cause, failure.next_step)
        return DatabaseUnavailable(self._name, failure)

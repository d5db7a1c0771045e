"""Reads from a replica, with the primary in its place where the replica is away, behind, or in the way.

A read goes to the replica unless the caller wrote something that the replica has not replayed (`own_writes`), the
replica is away or more than `max_lag` seconds behind, or it cancelled the read. Then the primary serves it. Where the
primary is away too, the replica serves what it may.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import asyncpg

from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.errors import DatabaseUnavailable, failure_of
from servicekit.storage.postgres.latest_reads import is_reading_latest
from servicekit.storage.postgres.login.address import DatabaseAddress
from servicekit.storage.postgres.own_writes import POSITION, UNKNOWN, OwnWrites
from servicekit.telemetry.instruments import replica_fallbacks, replica_lag

Statement = tuple[str, str, tuple[object, ...]]
"""The driver's method, the query and its values."""

_INTERVAL: Final = 1.0  # seconds between two looks at the replica
_REPLAYED: Final = "replayed"
_REPLAYED_BY_STANDBY: Final = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END"
"""NULL on a promoted server: its own log says nothing about the primary's."""
_TIMELINE: Final = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END"
)
"""The timeline of a primary. A promoted standby has one of its own."""


_PROMOTED: Final = (
    "The replica was promoted and follows the primary no longer: the primary serves its reads. Rebuild the replica, or "
    "correct REPLICA_URL."
)


class _Behind(Exception):
    """The replica has not replayed the caller's last write."""


class ReplicatedDatabase(Database):
    """The reader's connections to the primary, and a replica that serves its reads where it can.

    Args:
        address: the primary.
        replica: connections to the replica.
        own_writes: what callers wrote.
        max_lag: seconds that the replica may be behind.
        options: those of `Database`.
    """

    def __init__(
        self,
        address: DatabaseAddress | str,
        *,
        replica: Database,
        own_writes: OwnWrites,
        max_lag: float,
        **options: Any,
    ) -> None:
        super().__init__(address, **options)
        self.replica = replica
        self.parts: Mapping[str, str] = {}
        self.lag = 0.0
        """Seconds that the replica is behind, as of the last look."""
        self.is_promoted = False
        """The replica has left its primary and takes writes of its own, so its rows may be wrong."""
        self._own_writes = own_writes
        self._max_lag = max_lag
        self._is_away = self._primary_is_away = False
        self._history: deque[tuple[float, int]] = deque(maxlen=int(max_lag / _INTERVAL) + 60)
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Create both pools, and start to watch the replica."""
        await super().start()
        await self.replica.start()
        self._watching = asyncio.create_task(self._watch(), name="replica")

    async def stop(self) -> None:
        """Close both pools."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self._own_writes.stop()
        await self.replica.stop()
        await super().stop()

    @property
    def is_late(self) -> bool:
        """The replica is too far behind to serve reads."""
        return self.lag > self._max_lag

    @property
    def warning(self) -> str | None:
        """What an operator should know, for the health page."""
        late = f"The replica is {self.lag:.0f} s behind: the primary serves its reads." if self.is_late else None
        promoted = _PROMOTED if self.is_promoted else None
        return " ".join(filter(None, (super().warning, self.replica.warning, late, promoted))) or None

    async def check(self) -> None:
        """Read from both.

        Raises:
            Unavailable: neither works.
        """
        primary, replica = await asyncio.gather(super().check(), self.replica.check(), return_exceptions=True)
        self.parts = {
            name: "ok" if error is None else "unavailable"
            for name, error in (("primary", primary), ("replica", replica))
        }
        if primary is not None and replica is not None:
            raise primary

    async def _run(self, method: str, query: str, arguments: tuple[object, ...]) -> Any:
        if is_reading_latest():
            return await self._latest(method, query, arguments)
        position = await self._own_writes.required()
        reason = "unknown" if position == UNKNOWN else "own_write"
        if not self._primary_is_away and (self._is_away or self.is_late):
            reason = "away" if self._is_away else "late"
        elif self._primary_is_away or position != UNKNOWN:
            try:
                return await self._on_replica(position, (method, query, arguments), alone=self._primary_is_away)
            except _Behind:
                pass
            except DatabaseUnavailable as error:
                reason = self._replica_failed(error)
        replica_fallbacks.add(1, {"reason": reason})
        try:
            return await super()._run(method, query, arguments)
        except DatabaseUnavailable as error:
            if not error.failure.elsewhere or reason == "failed":
                raise
            return await self._without_primary(error, position, (method, query, arguments))

    async def _on_replica(self, position: int, statement: Statement, *, alone: bool) -> Any:
        """One statement on the replica, if it has replayed a position. An unknown one counts as replayed.

        Args:
            alone: the primary is away, so a promoted replica is its successor rather than a mistake.

        Raises:
            _Behind: it has not.
        """
        method, query, arguments = statement
        replayed = POSITION if alone else _REPLAYED_BY_STANDBY
        async with self.replica.session() as connection:
            if not 0 < position < UNKNOWN:
                return await getattr(connection, method)(query, *arguments)
            if connection.is_shared:  # type: ignore[attr-defined]  # of our class
                async with connection.transaction():  # of which a pooler sends every statement to one server
                    if (await self._on_server(connection, replayed) or 0) < position:
                        raise _Behind
                    return await getattr(connection, method)(query, *arguments)
            # It never goes back: a connection whose server was rebuilt or rewound is lost.
            memory: dict[Any, Any] = connection.remembered  # type: ignore[attr-defined]
            if memory.get(_REPLAYED, 0) < position:
                memory[_REPLAYED] = await self._on_server(connection, replayed) or 0
                if memory[_REPLAYED] < position:
                    raise _Behind
            return await getattr(connection, method)(query, *arguments)

    def _replica_failed(self, error: DatabaseUnavailable) -> str:
        """Why the primary serves a read that the replica did not.

        Raises:
            DatabaseUnavailable: it would not serve it either.
        """
        if not error.failure.elsewhere:
            raise error
        if error.failure.brief:
            return "cancelled"
        self._is_away = True  # until the next look
        return "failed"

    async def _without_primary(self, error: DatabaseUnavailable, position: int, statement: Statement) -> Any:
        """The read on the replica while the primary is away: it may have caught up by now."""
        try:
            return await self._on_replica(position, statement, alone=True)
        except (_Behind, DatabaseUnavailable):
            raise error from None

    async def _latest(self, method: str, query: str, arguments: tuple[object, ...]) -> Any:
        """The read on the primary, and what the replica must replay before it serves the caller."""
        value = await super()._run(method, query, arguments)
        await self._own_writes.note(await self._position_of(self) or UNKNOWN)
        return value

    async def _watch(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(_INTERVAL)

    async def _look(self) -> None:
        """Whether the replica answers, and how far it is behind the primary."""
        written = await self._position_of(self)
        self._primary_is_away = written is None and self.failures.is_failing
        if written is not None:
            if self._history and written < self._history[-1][1]:
                self._history.clear()  # another server was promoted
            self._history.append((time.monotonic(), written))
        replayed = await self._position_of(self.replica)
        self.is_promoted = replayed is not None and await self._have_parted()
        self._is_away = self.is_promoted or (replayed is None and self.replica.failures.is_failing)
        if replayed is not None and not self.is_promoted:
            missing = next((at for at, position in self._history if position > replayed), None)
            self.lag = 0.0 if missing is None else time.monotonic() - missing
            replica_lag.set(self.lag)

    async def _have_parted(self) -> bool:
        """Whether both servers take writes, and each has a history of its own. A URL that leads to the primary is a
        good replica."""
        timelines = [await self._ask(database, _TIMELINE) for database in (self.replica, self)]
        return None not in timelines and timelines[0] != timelines[1]

    async def _position_of(self, database: Database) -> int | None:
        """The position of a server; None where it is away, or has none."""
        position: int | None = await self._ask(database, POSITION)
        return position

    async def _ask(self, database: Database, statement: str) -> Any:
        """What a server says of its log; None where it is away, or keeps none."""
        try:
            async with database.without_tenant() as connection:
                return await self._on_server(connection, statement)
        except Unavailable:
            return None

    async def _on_server(self, connection: Any, statement: str) -> Any:
        try:
            return await connection.fetchval(statement)
        except asyncpg.PostgresError as error:
            if failure_of(error, reads=True) is not None:
                raise
            return None  # a managed server that keeps no log of its own

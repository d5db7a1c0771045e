"""A connection whose statements wait for a turn, so that a seeded schedule decides which transaction goes next."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

import asyncpg

from servicekit.core.caller import current_caller
from servicekit.storage.postgres.connection import TenantConnection

_QUIET: Final = 0.002  # seconds without news, after which Postgres is asked who waits for a lock
_STUCK: Final = 30.0  # seconds in which an interleaving must end; Postgres ends a deadlock after one second
_BLOCKED: Final = "SELECT pid FROM unnest($1::integer[]) AS pid WHERE cardinality(pg_blocking_pids(pid)) > 0"
_STEP: Final = re.compile(
    r"COMMIT|ROLLBACK|\borders\.(?!write_journal|used_consents|audit_log|append_audit|pending_conf|wrong_codes)"
)
"""A statement on the tables of orders, or the end of a transaction. What the journal locks, no two calls here share."""


class Schedule:
    """Steps several actors, one statement at a time, in an order that a seed decides.

    An actor that waits for a lock keeps its statement, and the others go on. Nothing here depends on time: the next
    turn is given when every actor waits for its turn or, as Postgres says, for a lock.

    Args:
        luck: decides each turn.
        monitor: a connection of its own, to ask Postgres who waits for a lock.
    """

    def __init__(self, luck: random.Random, monitor: "asyncpg.Connection[Any]") -> None:
        self._luck, self._monitor = luck, monitor
        self._stays = luck.choice((0.0, 0.0, 0.5, 0.9))
        self._turns: dict[str, asyncio.Future[None]] = {}
        self._statements: dict[str, int] = {}
        self._waiting: set[str] = set()
        self._news = asyncio.Event()
        self.order: list[str] = []
        """The actor of each step."""
        self.lock_waits = 0
        """How often an actor was found waiting for a lock."""

    @asynccontextmanager
    async def step(self, actor: str, process_id: int) -> AsyncIterator[None]:
        """Wait for the turn of this actor; the block is its statement."""
        turn = self._turns[actor] = asyncio.get_running_loop().create_future()
        self._news.set()
        try:
            await turn
        finally:
            self._turns.pop(actor, None)
        self._statements[actor] = process_id
        try:
            yield
        finally:
            del self._statements[actor]
            self._waiting.discard(actor)
            self._news.set()

    async def run(self, work: Mapping[str, Coroutine[Any, Any, None]]) -> None:
        """Run the work of each actor to its end.

        Raises:
            TimeoutError: it did not end.
        """
        tasks = {actor: asyncio.create_task(coroutine) for actor, coroutine in work.items()}
        for task in tasks.values():
            task.add_done_callback(lambda _: self._news.set())
        try:
            async with asyncio.timeout(_STUCK):
                while not all(task.done() for task in tasks.values()):
                    await self._settle(tasks)
                    if self._turns:
                        self._give_turn()
        finally:
            for task in tasks.values():
                task.cancel()
        for task in tasks.values():
            await task

    def _give_turn(self) -> None:
        ready = sorted(self._turns)
        last = self.order[-1] if self.order else None
        actor = last if last in ready and self._luck.random() < self._stays else self._luck.choice(ready)
        self.order.append(actor)
        self._turns.pop(actor).set_result(None)

    async def _settle(self, tasks: Mapping[str, "asyncio.Task[None]"]) -> None:
        """Wait until nothing moves: each actor has ended, or waits for its turn or for a lock."""
        while moving := {actor for actor, task in tasks.items() if not task.done() and actor not in self._turns}:
            self._news.clear()
            try:
                async with asyncio.timeout(_QUIET):
                    await self._news.wait()
            except TimeoutError:
                if moving <= self._statements.keys() and await self._all_wait(moving) and self._turns:
                    return

    async def _all_wait(self, actors: set[str]) -> bool:
        """Whether each of these has a statement that waits for a lock."""
        statements = dict(self._statements)
        rows = await self._monitor.fetch(_BLOCKED, list(statements.values()))
        blocked = {row["pid"] for row in rows}
        waiting = {actor for actor, process_id in statements.items() if process_id in blocked}
        self.lock_waits += len(waiting - self._waiting)
        self._waiting |= waiting
        return actors <= waiting and not self._news.is_set()


def _stepped(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def stepped(connection: "SteppedConnection", query: str, *arguments: Any, **options: Any) -> Any:
        schedule, actor = SteppedConnection.schedule, _actor()
        if schedule is None or actor is None or _STEP.search(query) is None:
            return await method(connection, query, *arguments, **options)
        async with schedule.step(actor, connection.get_server_pid()):
            return await method(connection, query, *arguments, **options)

    return stepped


def _actor() -> str | None:
    try:
        return current_caller().subject
    except LookupError:  # the server's own work
        return None


class SteppedConnection(TenantConnection):
    """The connection of the servers, whose statements wait for their turn while there is a schedule."""

    __slots__ = ()

    schedule: ClassVar[Schedule | None] = None

    fetch: Any = _stepped(TenantConnection.fetch)
    fetchrow: Any = _stepped(TenantConnection.fetchrow)
    fetchval: Any = _stepped(TenantConnection.fetchval)
    execute: Any = _stepped(TenantConnection.execute)
    executemany: Any = _stepped(TenantConnection.executemany)
